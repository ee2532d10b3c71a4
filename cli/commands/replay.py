"""`hooks replay`: which events, how fast, and what became of each."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Annotated, NoReturn

import typer

from cli import CALLED, evidence, options, output
from cli.commands.events import Before, wanted
from cli.commands.replay_to import replay_to
from cli.errors import NotFoundError, UsageError
from cli.options import Session
from cli.outcomes import FAILED, OUTCOMES, REPLAYED, Outcome
from cli.reading import events as listing
from cli.reading.events import Wanted
from cli.reading.table import Document
from cli.replay import Replay
from cli.send import AT_ONCE, in_order, paced
from justcall.event import PROCESSED

# Every replayed item stores its reason, and an item ends at 400 KB.
_MAX_REASON_CHARACTERS = 500

Reason = Annotated[
    str,
    typer.Option(help="Why you replay them; it is kept with each event. Required without --to."),
]
To = Annotated[
    str | None, typer.Option(help="Only deliver processed events again, to this destination.")
]
Status = Annotated[
    str | None, typer.Option(help=f"All events with this status: {', '.join(listing.STATES)}")
]
Conflict = Annotated[
    str | None,
    typer.Option(help="Replay the evidence whose hash begins with this; needs exactly one KEY."),
]
Rate = Annotated[float, typer.Option(min=0.01, help="Maximum events per second.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Maximum number of events to replay.")]
Force = Annotated[bool, typer.Option("--force", help="Replay processed events too.")]


@options.command
def replay(
    session: Session,
    keys: options.Keys = None,
    reason: Reason = "",
    to: To = None,
    status: Status = None,
    kind: options.Kind = None,
    since: options.Since = None,
    before: Before = None,
    dry_run: options.DryRun = False,
    rate: Rate = 10,
    limit: Limit = None,
    force: Force = False,
    yes: options.Yes = False,
    conflict: Conflict = None,
) -> None:
    """Process events again, oldest first: those with the KEYs, or all with a --status.

    With --to NAME nothing is processed: one destination gets the events once more, with the same
    ids. Exit code 0 if all of them were replayed, 1 if some were not or there are none.
    """
    chosen = wanted(status, kind, since, before)
    if to is not None:
        if keys and any(chosen):
            raise UsageError("Write keys, or --since with --kind and --before; not both.")
        replay_to(session, to, keys, chosen, limit, dry_run=dry_run, yes=yes)
    _check(reason, keys, chosen, force=force)
    if conflict is not None:
        _replay_evidence(session, keys or [], conflict, reason, dry_run=dry_run)
    selected = keys or _select(session, chosen)
    if not (dry_run or yes):
        _confirm(len(selected), limit)
    one = Replay(session.stack, reason, force=force, dry_run=dry_run)
    outcomes = _run(one, list(dict.fromkeys(selected)), rate, limit)
    _show(session, outcomes, dry_run=dry_run)
    raise typer.Exit(0 if all(one.outcome == REPLAYED for one in outcomes) else 1)


def _replay_evidence(
    session: Session, keys: list[str], body_hash: str, reason: str, *, dry_run: bool
) -> NoReturn:
    if len(keys) != 1 or not body_hash.strip():
        raise UsageError("--conflict takes a hash, with exactly one KEY.")
    items = evidence.find(session.stack, keys[0], body_hash.strip())
    outcome = Replay(session.stack, reason, dry_run=dry_run).conflict(keys[0], items)
    _show(session, [outcome], dry_run=dry_run)
    raise typer.Exit(0 if outcome.outcome == REPLAYED else 1)


def check_reason(reason: str) -> None:
    """Raise UsageError unless a reason can be kept with an event."""
    if not reason.strip() or len(reason) > _MAX_REASON_CHARACTERS:
        raise UsageError(f"--reason: write 1 to {_MAX_REASON_CHARACTERS} characters.")


def _check(reason: str, keys: list[str] | None, chosen: Wanted, *, force: bool) -> None:
    check_reason(reason)
    if keys and any(chosen):
        raise UsageError("Write keys, or --status with --kind, --since and --before; not both.")
    if not keys and not chosen.status:
        raise UsageError("Which events? Write keys, or --status.")
    if chosen.status == PROCESSED and not force:
        raise UsageError("Processed events are replayed with --force only.")


def _select(session: Session, chosen: Wanted) -> list[str]:
    with output.progress("looking"):
        selected = listing.keys(session.stack, chosen)
    if not selected:
        raise NotFoundError("No matching events.")
    return selected


def _confirm(count: int, limit: int | None) -> None:
    """Ask a person before many events are replayed; a program is not asked."""
    if count > 1 and sys.stdin.isatty():
        most = f", at most {limit} of them" if limit else ""
        typer.confirm(f"Replay {count} events{most}?", abort=True, err=True)


def _run(one: Replay, selected: list[str], rate: float, limit: int | None) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        with output.progress("replaying") as progress:
            for outcome in run(one, selected, rate, limit):
                outcomes.append(outcome)
                progress.update(f"{len(outcomes)} of {len(selected)}")
    except KeyboardInterrupt:
        # Those in progress may have been replayed; only the events themselves say so.
        note = f"interrupted; it may have been replayed. Check: {CALLED} show KEY"
        rest = selected[len(outcomes) :]
        outcomes += [Outcome(key, FAILED, note=note) for key in rest]
    return outcomes


def run(
    one: Callable[[str], Outcome],
    selected: Sequence[str],
    rate: float,
    limit: int | None,
    pace: Callable[[Sequence[str], float], Iterator[str]] = paced,
) -> Iterator[Outcome]:
    """Yield what became of each event, until `limit` of them are replayed."""
    left = len(selected) if limit is None else limit
    slowly = pace(selected, rate)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # In rounds: skipped events do not count, and no round may replay more than are left.
        while left and (first := list(islice(slowly, 1))):
            for outcome in in_order(pool, one, chain(first, islice(slowly, left - 1))):
                left -= outcome.outcome == REPLAYED
                yield outcome


def _show(session: Session, outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    counts = Counter(one.outcome for one in outcomes)
    document = {"dry_run": dry_run, **{name: counts[name] for name in OUTCOMES}}
    session.show(document | {"events": [one._asdict() for one in outcomes]}, _print)


def _print(document: Document) -> None:
    dry_run = document["dry_run"]
    table = output.Table("was", "result", "key", "as", "note")
    for one in document["events"]:
        then = f"would be {one['outcome']}" if dry_run else one["outcome"]
        table.add(one["was"], then, one["key"], one["replayed_as"], one["note"])
    table.print()
    prefix = "Nothing was changed. It would be: " if dry_run else ""
    output.text(f"\n{prefix}{output.counts((name, document[name]) for name in OUTCOMES)}")
