"""`hooks replay --to`: events that one destination gets again."""

import sys
from collections import Counter
from collections.abc import Sequence

import typer

from cli import destinations, output
from cli.commands.publish import run_all
from cli.delivering import OneDestination
from cli.errors import NotFoundError, UsageError
from cli.options import Session
from cli.outcomes import FAILED, SKIPPED, Outcome
from cli.publishing import PUBLISHED, Publishing
from cli.reading import events as listing
from cli.reading.events import Wanted
from cli.reading.table import Document
from justcall.event import PROCESSED

SENT = "sent"
OUTCOMES = (SENT, SKIPPED, FAILED)
_UNWANTED = "the destination does not want it"


def replay_to(
    session: Session,
    name: str,
    keys: Sequence[str] | None,
    chosen: Wanted,
    limit: int | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Deliver processed events again to one destination, and end with the exit code."""
    if chosen.status not in (None, PROCESSED):
        raise UsageError("Only processed events are delivered; leave out --status.")
    if not keys and not chosen.since:
        raise UsageError("Which events? Write keys, or --since.")
    one = destinations.find(session.stack, name)
    way = OneDestination(session.stack, one)
    run = Publishing(session.stack, way, dry_run=dry_run)
    wanted = chosen._replace(status=PROCESSED)
    selected = list(dict.fromkeys(keys or listing.keys(session.stack, wanted)))[:limit]
    if not selected:
        raise NotFoundError("No matching events.")
    if not (dry_run or yes) and len(selected) > 1 and sys.stdin.isatty():
        typer.confirm(f"Deliver {len(selected)} events to {name}?", abort=True, err=True)
    outcomes = [named(outcome, way.unwanted) for outcome in run_all(run, selected)]
    counts = Counter(outcome.outcome for outcome in outcomes)
    document = {"dry_run": dry_run, "to": name, **{word: counts[word] for word in OUTCOMES}}
    session.show(document | {"events": [outcome._asdict() for outcome in outcomes]}, _print)
    raise typer.Exit(1 if counts[FAILED] or not counts[SENT] else 0)


def named(outcome: Outcome, unwanted: set[str]) -> Outcome:
    """Return what became of an event in the words of a delivery."""
    if outcome.key in unwanted:
        return outcome._replace(outcome=SKIPPED, note=_UNWANTED)
    return outcome._replace(outcome=SENT) if outcome.outcome == PUBLISHED else outcome


def _print(document: Document) -> None:
    table = output.Table("then", "key", "note")
    for one in document["events"]:
        then = f"would be {one['outcome']}" if document["dry_run"] else one["outcome"]
        table.add(then, one["key"], one["note"])
    table.print()
    prefix = "Nothing was sent. It would be: " if document["dry_run"] else ""
    counted = output.counts((word, document[word]) for word in OUTCOMES)
    output.text(f"\n{prefix}{counted} to {document['to']}")
