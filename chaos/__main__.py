"""`python -m chaos`: breaks the running stack under load; writes docs/reliability.md's figures.

Exits with 1 if anything acknowledged is missing, or anything is there that should not be.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from chaos.deployment import own_place
from chaos.run import FLAWS, Options, Result, run
from local.place import ROOT, LocalError

REPORT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- chaos:begin -->", "<!-- chaos:end -->"
QUICK = Options(
    events=250,
    seconds=15.0,
    threads=4,
    minute=0.15,
    disasters=((0.1, "freeze"), (0.8, "kill")),
    freeze_seconds=1.5,
    kills=30,
    started_seconds=2.0,
)


def main() -> int:
    """Return 0 if every promise was kept."""
    found = _arguments()
    base = QUICK if found.quick else Options()
    given = {name: getattr(found, name) for name in ("events", "seconds", "seed", "flaw")}
    options = base._replace(**{name: value for name, value in given.items() if value is not None})
    try:
        with own_place() as place:
            result = run(place, options, _step)
    except LocalError as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    print(json.dumps(_document(result), indent=2) if found.json else table(result))
    for breach in result.breaches[:20]:
        print(f"BREACH {breach.what}  {breach.key}", file=sys.stderr)
    if not found.quick and options.flaw == "none" and not found.keep_report:
        before, rest = REPORT.read_text().split(BEGIN)
        REPORT.write_text(f"{before}{BEGIN}\n{table(result)}\n{END}{rest.split(END)[1]}")
    return 1 if result.breaches else 0


def table(result: Result) -> str:
    """Return the figures as Markdown."""
    options = result.options
    machine = f"CPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    how = (
        f"{options.events} events in {options.seconds:.0f} s, seed {options.seed},"
        f" {options.threads} connections; queues and sweeper {options.scale:g} times faster,"
        f" a sender's minute {options.minute:g} s"
    )
    lines = [f"Run {datetime.now(UTC).date()} on {machine}: {how}.", ""]
    sections: tuple[tuple[str, Mapping[str, int | float]], ...] = (
        ("broken on the way to AWS", result.faults),
        ("disasters", result.disasters),
        ("sent and found", result.figures),
        ("sweeper, made fast", result.sweeps),
    )
    for title, figures in sections:
        lines += [f"| {title} | |", "|---|---:|"]
        lines += [f"| {name} | {value:,} |" for name, value in figures.items()]
        lines.append("")
    verdict = f"{len(result.breaches)} promises broken" if result.breaches else "every promise kept"
    return "\n".join([*lines, f"**{verdict}**"])


def _document(result: Result) -> dict[str, object]:
    return {
        "options": result.options._asdict(),
        "faults": result.faults,
        "disasters": result.disasters,
        "figures": result.figures,
        "sweeps": result.sweeps,
        "breaches": [breach._asdict() for breach in result.breaches],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--events", type=int, help="how many events (3000)")
    parser.add_argument("--seconds", type=float, help="over how long they are spread (150)")
    parser.add_argument("--seed", type=int, help="another one sends and breaks other things (1)")
    parser.add_argument("--quick", action="store_true", help="the short form of make test")
    parser.add_argument("--flaw", choices=FLAWS, help="damage the table, to see it found")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--keep-report", action="store_true", help="leave docs/ as it is")
    return parser.parse_args()


def _step(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
