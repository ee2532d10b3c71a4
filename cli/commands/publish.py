"""`hooks publish`: which events are published again, and what became of each."""

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import batched
from typing import Annotated

import typer

from cli import options, output
from cli.commands.events import Before, wanted
from cli.errors import NotFoundError, UsageError
from cli.options import Session
from cli.outcomes import Outcome
from cli.publishing import OUTCOMES, PUBLISHED, Publishing, bus
from cli.reading import events as listing
from cli.reading.table import Document
from justcall.event import PROCESSED

# Events that are published between two updates of the progress.
_BATCH = 20

Limit = Annotated[int | None, typer.Option(min=1, help="Maximum number of events, oldest first.")]


@options.command
def publish(
    session: Session,
    keys: options.Keys = None,
    kind: options.Kind = None,
    since: options.Since = None,
    before: Before = None,
    dry_run: options.DryRun = False,
    limit: Limit = None,
    yes: options.Yes = False,
) -> None:
    """Publish processed events again on the event bus: those with the KEYs, or all --since a time.

    Each has the same id as before, unless its call or message has changed since.

    Exit code 0 if all of them were published, 1 if some were not or there are none.
    """
    chosen = wanted(PROCESSED, kind, since, before)
    if keys and (kind or since or before):
        raise UsageError("Write keys, or --since with --kind and --before; not both.")
    if not keys and not since:
        raise UsageError("Which events? Write keys, or --since.")
    run = Publishing(session.stack, bus(session.stack), dry_run=dry_run)
    selected = list(dict.fromkeys(keys or _select(session, chosen)))[:limit]
    if not (dry_run or yes) and len(selected) > 1 and sys.stdin.isatty():
        typer.confirm(f"Publish {len(selected)} events?", abort=True, err=True)
    outcomes = run_all(run, selected)
    _show(session, outcomes, dry_run=dry_run)
    raise typer.Exit(0 if all(one.outcome == PUBLISHED for one in outcomes) else 1)


def _select(session: Session, chosen: listing.Wanted) -> list[str]:
    with output.progress("looking"):
        selected = listing.keys(session.stack, chosen)
    if not selected:
        raise NotFoundError("No matching events.")
    return selected


def run_all(run: Publishing, selected: Sequence[str]) -> list[Outcome]:
    """Publish events some at a time, and show the progress."""
    outcomes: list[Outcome] = []
    with output.progress("publishing") as progress:
        for keys in batched(selected, _BATCH, strict=False):
            outcomes += run(keys)
            progress.update(f"{len(outcomes)} of {len(selected)}")
    return outcomes


def _show(session: Session, outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    counts = Counter(one.outcome for one in outcomes)
    rows = [
        {"key": one.key, "status": one.was, "outcome": one.outcome, "note": one.note}
        for one in outcomes
    ]
    document = {"dry_run": dry_run, **{name: counts[name] for name in OUTCOMES}, "events": rows}
    session.show(document, _print)


def _print(document: Document) -> None:
    dry_run = document["dry_run"]
    table = output.Table("status", "result", "key", "note")
    for one in document["events"]:
        then = f"would be {one['outcome']}" if dry_run else one["outcome"]
        table.add(one["status"], then, one["key"], one["note"])
    table.print()
    prefix = "Nothing was published. It would be: " if dry_run else ""
    output.text(f"\n{prefix}{output.counts((name, document[name]) for name in OUTCOMES)}")
