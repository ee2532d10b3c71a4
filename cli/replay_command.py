"""`hooks replay`: which events, at what pace, and what became of them."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import CALLED, options, read, render
from cli import replay as replays
from cli import stack as stacks
from cli.errors import NotFoundError, UsageError
from cli.stack import Stack
from justcall.event import PROCESSED

# A reason stands on every item that is replayed, and an item ends at 400 KB.
_REASON_CHARACTERS = 500
_EVERY = sys.maxsize

Reason = Annotated[str, typer.Option(help="Why; it is kept with each event.")]
Keys = Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", show_default=False)]


def replay(
    reason: Reason,
    keys: Keys = None,
    status: Annotated[
        str | None, typer.Option(help=f"All with this status: {', '.join(read.STATUSES)}")
    ] = None,
    kind: options.Kind = None,
    since: options.Since = None,
    dry_run: options.DryRun = False,
    rate: Annotated[float, typer.Option(min=0.01, help="At most so many a second.")] = 10,
    limit: Annotated[int | None, typer.Option(min=1, help="Replay at most so many.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Processed ones too: once more, in place of before.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json: options.AsJson = False,
    stack: options.StackName = None,
    region: options.Region = None,
    profile: options.Profile = None,
) -> None:
    """Let events be processed again, the oldest first: those with the KEYs, or with a status.

    Exit code 0 if all of them were replayed, 1 if some were not or there are none.
    """
    _check(reason, keys, status, kind, since, force=force)
    deployment = stacks.find(stack, region, profile)
    selected = keys or _selected(deployment, status, kind, since)
    if not selected:
        raise NotFoundError("no events fit")
    if not (dry_run or yes):
        _confirm(len(selected), limit)
    one = replays.Replay(deployment, reason, force=force, dry_run=dry_run)
    outcomes = _run(one, list(dict.fromkeys(selected)), rate, limit)
    if json:
        render.as_json(_document(outcomes, dry_run=dry_run))
    else:
        render.replayed(outcomes, dry_run=dry_run)
    raise typer.Exit(0 if all(one.outcome == replays.REPLAYED for one in outcomes) else 1)


def _check(
    reason: str,
    keys: Sequence[str] | None,
    status: str | None,
    kind: str | None,
    since: str | None,
    *,
    force: bool,
) -> None:
    if not reason.strip() or len(reason) > _REASON_CHARACTERS:
        raise UsageError(f"--reason: write 1 to {_REASON_CHARACTERS} characters")
    if keys and (status or kind or since):
        raise UsageError("give keys, or --status with --kind and --since, not both")
    if not keys and not status:
        raise UsageError("which events? give keys, or --status")
    if status and status not in read.STATUSES:
        raise UsageError(f"no status {status}; there are {', '.join(read.STATUSES)}")
    if status == PROCESSED and not force:
        raise UsageError("processed events are replayed with --force only")


def _selected(stack: Stack, status: str | None, kind: str | None, since: str | None) -> list[str]:
    moment = options.moment(since)
    with render.errors.status("looking"):
        found = read.events(stack, status, options.any_type(kind) if kind else None, moment, _EVERY)
    return [event["key"] for event in reversed(found)]


def _confirm(count: int, limit: int | None) -> None:
    """Ask a person whether so many may be replayed; a program is not asked."""
    if count > 1 and sys.stdin.isatty():
        most = f", at most {limit} of them" if limit else ""
        typer.confirm(f"replay {count} events{most}?", abort=True, err=True)


def _run(
    replay_one: replays.Replay, selected: Sequence[str], rate: float, limit: int | None
) -> list[replays.Outcome]:
    outcomes: list[replays.Outcome] = []
    try:
        with render.errors.status("replaying") as progress:
            for outcome in replays.run(replay_one, selected, rate, limit):
                outcomes.append(outcome)
                progress.update(f"{len(outcomes)} of {len(selected)}")
    except KeyboardInterrupt:
        # What was begun is written down on the events themselves.
        note = f"interrupted; it may have been replayed: {CALLED} show tells"
        unknown = selected[len(outcomes) :]
        outcomes += [replays.Outcome(key, replays.FAILED, note=note) for key in unknown]
    return outcomes


def _document(outcomes: Sequence[replays.Outcome], *, dry_run: bool) -> dict[str, object]:
    counts = Counter(one.outcome for one in outcomes)
    return {
        "dry_run": dry_run,
        **{name: counts[name] for name in replays.OUTCOMES},
        "events": [one._asdict() for one in outcomes],
    }
