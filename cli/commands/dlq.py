"""`hooks dlq`: count, show and redrive the dead letters of all kinds."""

from collections import Counter
from typing import Annotated

import typer

from cli import dead_letters, dropping, options, output, redriving
from cli.commands import dlq_tables as tables
from cli.commands.replay import check_reason
from cli.errors import UsageError
from cli.options import Session
from cli.reading.table import Document

app = typer.Typer(help="Count, show and drop dead letters, and move them back to their queues.")
_MIN_ID = 6


@app.callback(invoke_without_command=True)
@options.command
def dlq(session: Session, context: typer.Context) -> None:
    """Count the dead letters of each kind."""
    if context.invoked_subcommand:
        if session.as_json or session.where:
            raise UsageError(f"Write the options after {context.invoked_subcommand}.")
        return
    count = dead_letters.count(session.stack, session.stack.dead_letter_queue)
    with output.progress("looking"):
        letters = dead_letters.look(session.stack)
    kinds = Counter(one.kind for one in letters).most_common()
    document = {
        "dead_letters": count.visible,
        "in_flight": count.in_flight,
        "kinds": [{"kind": kind, "dead_letters": number} for kind, number in kinds],
    }
    session.show(document, tables.counts)
    if len(letters) < count.visible:
        output.note(f"Looked at {len(letters)} of about {count.visible} dead letters.")


@app.command()
@options.command
def show(
    session: Session,
    kind: options.Kind = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of dead letters.")] = 20,
    body: Annotated[bool, typer.Option("--body", help="Show what is in them, too.")] = False,
) -> None:
    """Show dead letters and why their events failed; they stay in the queue."""
    chosen = options.read_kind(kind) if kind else None
    letters = dead_letters.look(session.stack, dead_letters.MAX_LETTERS if chosen else limit)
    matching = [one for one in letters if chosen in (None, one.kind)]
    shown = dead_letters.documents(session.stack, matching[:limit])
    if body:
        for one, letter in zip(shown, matching, strict=False):
            one["body"] = dead_letters.content(letter)
    session.show(shown, tables.bodies if body else tables.letters)


@app.command()
@options.command
def drop(
    session: Session,
    message_id: Annotated[str, typer.Argument(help="Its id, or at least 6 characters of it.")],
    reason: Annotated[str, typer.Option(help="Why; it is recorded (hooks dlq dropped).")] = "",
    dry_run: options.DryRun = False,
) -> None:
    """Remove one dead letter for good; its event stays as it is. The removal is recorded.

    `hooks dlq show` prints the ids. Exit code 1 if there is no such dead letter.
    """
    check_reason(reason)
    if len(message_id) < _MIN_ID:
        raise UsageError(f"Write at least {_MIN_ID} characters of the id.")
    document = dropping.drop(session.stack, message_id, reason, dry_run=dry_run)
    session.show({"dry_run": dry_run, **document}, tables.dropped)


@app.command()
@options.command
def dropped(session: Session) -> None:
    """List the dead letters that were dropped, and why, the newest first."""
    session.show(dropping.dropped(session.stack), tables.records)


@app.command()
@options.command
def redrive(
    session: Session,
    kind: options.Kind = None,
    every: Annotated[
        bool, typer.Option("--all", help="Move the dead letters of every kind.")
    ] = False,
    rate: Annotated[int, typer.Option(min=1, max=500, help="Maximum messages per second.")] = 10,
    dry_run: options.DryRun = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept with each event.")] = "redriven",
) -> None:
    """Move dead letters back to their kind's queue, to be processed again.

    Those that are no events and those of dismissed events stay. Exit code 0 if all others were
    moved (or there are none), 1 if the move ended early.
    """
    if bool(kind) == every:
        raise UsageError("Which dead letters? Write --kind KIND or --all.")
    chosen = options.read_kind(kind) if kind else None
    check_reason(reason)
    document = _redrive(session, chosen, rate, reason, dry_run=dry_run)
    session.show(document, tables.redriven)
    raise typer.Exit(1 if document["failure"] else 0)


def _redrive(
    session: Session, kind: str | None, rate: int, reason: str, *, dry_run: bool
) -> Document:
    with output.progress("moving") as progress:
        return redriving.run(
            session.stack, kind, rate, reason, dry_run=dry_run, shown=progress.update
        )
