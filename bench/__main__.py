"""`python -m bench [--quick]`: measures, prints and writes docs/performance.md's table."""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from typing import NamedTuple

from bench import measure

REPORT = measure.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


class Figure(NamedTuple):
    """One line: what was measured, the ratio or amount, its bar and its goal."""

    what: str
    measured: float
    bar: float
    goal: float
    more_is_better: bool = False
    shown: str = ""

    def reached(self, mark: float) -> bool:
        return self.measured >= mark if self.more_is_better else self.measured <= mark

    def row(self) -> str:
        sign = "≥" if self.more_is_better else "≤"
        verdicts = " | ".join(
            "yes" if self.reached(mark) else "no" for mark in (self.bar, self.goal)
        )
        return (
            f"| {self.what} | {self.measured:.2f} | {self.shown} "
            f"| {sign} {self.bar:g} | {sign} {self.goal:g} | {verdicts} |"
        )


def figures(quick: bool) -> list[Figure]:
    """Measure everything."""
    from bench import answers, cost

    answers.install()
    counted = measure.calls()
    warm = measure.warm(rounds=3 if quick else 9, size=100 if quick else 300)
    cold = measure.cold(rounds=5 if quick else 21)
    bare, ours, usual = measure.BARE, measure.OURS, measure.USUAL

    def shown(values: dict[str, float], one: str, other: str) -> str:
        return f"{values[one]:.2f} ms against {values[other]:.2f} ms"

    return [
        Figure("AWS calls, accepted", counted["accepted"], 2, 2, shown="put, send"),
        Figure("AWS calls, forged", counted["forged"], 0, 0, shown="secret cached"),
        Figure("warm CPU, × bare", warm[ours] / warm[bare], 1.3, 1.1, False, shown(warm, ours, bare)),
        Figure("warm CPU, usual × ours", warm[usual] / warm[ours], 2, 2.5, True, shown(warm, usual, ours)),
        Figure("cold start, × bare", cold[ours] / cold[bare], 1.1, 0.85, False, shown(cold, ours, bare)),
        Figure("cold start, usual × ours", cold[usual] / cold[ours], 1.6, 2, True, shown(cold, usual, ours)),
        Figure("cold start, forged × bare", cold["forged"] / cold[bare], 1.1, 0.85, False, shown(cold, "forged", bare)),
        Figure("$ per million, batches of 10", cost.dollars(10), 6, 4, shown=f"units: {cost.explain()}"),
    ]  # fmt: skip


def also() -> str:
    """Return what has no bar, in a sentence."""
    from bench import cost, event

    return (
        f"Without a bar: ${cost.dollars(1):.2f} where each message comes alone, "
        f"${cost.dollars(10, event.prose()):.2f} for an event of the same size that is mostly prose, "
        f"${cost.whole(10):.2f} with the requests of API and functions."
    )


def main() -> int:
    """Return 0 if every bar is reached."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; the report stays")
    quick = parser.parse_args().quick
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(measure.ENVIRONMENT | {"MAX_RECEIVES": "5"})
    with measure.quiet():
        found, more = figures(quick), also()
    machine = f"CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    table = "\n".join(
        [
            f"Measured {datetime.now(UTC).date()} on {machine}.",
            "",
            "| figure | measured | in detail | bar | goal | bar reached | goal reached |",
            "|---|---|---|---|---|---|---|",
            *(one.row() for one in found),
            "",
            more,
        ]
    )
    print(table)
    if not quick:
        before, rest = REPORT.read_text().split(BEGIN)
        after = rest.split(END)[1]
        REPORT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")
    return 0 if all(one.reached(one.bar) for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
