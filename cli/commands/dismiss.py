"""`hooks dismiss`: events that are wrong for good, decided by an operator."""

import time
from collections import Counter
from typing import Annotated

import typer

from aws.failures import AWS_FAILURES
from cli import CALLED, options, output
from cli.commands.replay import check_reason
from cli.errors import UsageError
from cli.options import Session
from cli.outcomes import FAILED as NOT_DONE
from cli.outcomes import SKIPPED, Outcome
from cli.reading import table
from cli.reading.table import Document
from cli.stack import Stack
from errors import LedgerUnavailable
from justcall.event import DISMISSED, FAILED, QUARANTINED, STUCK, UNHANDLED
from ledger.events import Ledger

OUTCOMES = (DISMISSED, SKIPPED, NOT_DONE)
_REFUSALS: tuple[type[Exception], ...] = (*AWS_FAILURES, LedgerUnavailable)
# Those that wait for a person. A received event may still be processed.
WAITING = (FAILED, STUCK, UNHANDLED, QUARANTINED)

Reason = Annotated[str, typer.Option(help="Why they are wrong; it is kept with each event.")]


@options.command
def dismiss(
    session: Session,
    keys: options.Keys = None,
    reason: Reason = "",
    dry_run: options.DryRun = False,
) -> None:
    """Settle events that are wrong for good: they are kept, and count as no failure any more.

    Only failed, stuck, unhandled and quarantined events. `hooks replay` takes it back. Exit code 0
    if all were dismissed, else 1.
    """
    if not keys:
        raise UsageError("Which events? Write keys.")
    check_reason(reason)
    outcomes = [
        dismiss_one(session.stack, key, reason, dry_run=dry_run) for key in dict.fromkeys(keys)
    ]
    counts = Counter(one.outcome for one in outcomes)
    document = {"dry_run": dry_run, **{name: counts[name] for name in OUTCOMES}}
    events = [
        {name: value for name, value in one._asdict().items() if name != "replayed_as"}
        for one in outcomes
    ]
    session.show(document | {"events": events}, _print)
    raise typer.Exit(0 if counts[DISMISSED] == len(outcomes) else 1)


def dismiss_one(stack: Stack, key: str, reason: str, *, dry_run: bool = False) -> Outcome:
    """Dismiss one event and return the outcome, also if AWS refuses."""
    try:
        found = table.brief(stack, [key])
        if not found:
            return Outcome(key, NOT_DONE, note="there is no such event")
        was = found[0]["status"]
        if was not in WAITING:
            return Outcome(key, SKIPPED, was, f"it is {was}; only those that wait for you")
        dynamodb = stack.client("dynamodb")
        ledger = Ledger(lambda: dynamodb, stack.events_table, stack.retention_days)
        if dry_run or ledger.dismiss(key, was, reason, time.time()):
            return Outcome(key, DISMISSED, was)
        return Outcome(key, SKIPPED, was, "it has changed meanwhile; try again")
    except _REFUSALS as error:
        return Outcome(key, NOT_DONE, note=f"AWS refused: {error}")


def _print(document: Document) -> None:
    rows = output.Table("was", "result", "key", "note")
    for one in document["events"]:
        then = f"would be {one['outcome']}" if document["dry_run"] else one["outcome"]
        rows.add(one["was"], then, one["key"], one["note"])
    rows.print()
    prefix = "Nothing was changed. It would be: " if document["dry_run"] else ""
    output.text(f"\n{prefix}{output.counts((name, document[name]) for name in OUTCOMES)}")
    if document[DISMISSED]:
        output.text(f"A dead letter of theirs stays: {CALLED} dlq show, {CALLED} dlq drop ID")
