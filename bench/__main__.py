"""`python -m bench [--quick]`: measures, prints and writes docs/performance.md's table."""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench import certificate, measure
from bench.measure import Contestant

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
    with (
        TemporaryDirectory() as folder,
        measure.stand_in() as aws,
        measure.stand_in(certificate.make(Path(folder))) as tls,
    ):
        return [*processes(aws, tls, quick), *money()]


def processes(aws: measure.StandIn, tls: measure.StandIn, quick: bool) -> list[Figure]:
    """Measure what takes time and memory."""
    bare, usual, ours = (
        Contestant(name, aws) for name in (measure.BARE, measure.USUAL, measure.OURS)
    )
    counted = measure.calls(aws)
    contestants = [bare, usual, ours, ours._replace(forged=True)]
    contestants += [bare._replace(aws=tls), ours._replace(aws=tls)]
    cold = measure.cold(contestants, rounds=3 if quick else 7)
    bare_ms, usual_ms, ours_ms, forged_ms, bare_tls, ours_tls = (time for time, _ in cold)
    bare_mb, _, ours_mb, *_ = (memory for _, memory in cold)
    bare_cpu, usual_cpu, ours_cpu, forged_cpu = measure.warm(
        contestants[:4], rounds=1 if quick else 2
    )

    def ratio(
        what: str, one: float, other: float, bar: float, goal: float, unit: str = "ms"
    ) -> Figure:
        shown = f"{one:.2f} {unit} against {other:.2f} {unit}"
        return Figure(what, one / other, bar, goal, bar > 1, shown)

    return [
        Figure("AWS calls, accepted", counted["accepted"], 2, 2, shown="put, send"),
        Figure("AWS calls, forged", counted["forged"], 0, 0, shown="secret cached"),
        ratio("cold start, × bare", ours_ms, bare_ms, 0.35, 0.2),
        ratio("cold start, usual ÷ ours", usual_ms, ours_ms, 7, 12),
        ratio("cold start over TLS, × bare", ours_tls, bare_tls, 0.5, 0.35),
        ratio("cold start, forged, × bare", forged_ms, bare_ms, 0.35, 0.2),
        ratio("warm CPU, × bare", ours_cpu, bare_cpu, 0.45, 0.3),
        ratio("warm CPU, usual ÷ ours", usual_cpu, ours_cpu, 4, 6),
        ratio("warm CPU, forged, × bare", forged_cpu, bare_cpu, 0.45, 0.3),
        ratio("memory, × bare", ours_mb, bare_mb, 0.6, 0.45, "MB"),
    ]


def money() -> list[Figure]:
    """Count what costs money."""
    from bench import cost, idle, resources

    units = cost.units()
    counted = [
        Figure("write units, 2 KB event", sum(units.values()), 6, 5, shown=cost.explain(units)),
        Figure("$ per million, batches of 10", cost.dollars(10), 4.4, 3.8, shown="units, SQS"),
    ]
    if (made := resources.count("prod")) is not None:
        month = {name: amount for name, amount in idle.parts(made).items() if amount}
        detail = " + ".join(f"{amount:.2f} {name}" for name, amount in month.items())
        counted += [
            Figure("resources in the stack", made.total(), 75, 60, shown="stage prod"),
            Figure("idle $ a month", sum(month.values()), 6, 4, shown=detail),
        ]
    return counted


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
    os.environ.update(measure.ENVIRONMENT)  # for `cost`, which runs functions in this process
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
