"""`hooks dlq`: count, show and redrive the dead letters of all kinds."""

from collections import Counter
from typing import Annotated

import typer

from cli import dead_letters, options, output, reasons, redriving
from cli.errors import UsageError
from cli.options import Session
from cli.reading.table import Document

app = typer.Typer(help="Count and show dead letters, and move them back to their queues.")
_POISON = "not an event"


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
    session.show(document, _print_counts)
    if len(letters) < count.visible:
        output.note(f"Looked at {len(letters)} of about {count.visible} dead letters.")


@app.command()
@options.command
def show(
    session: Session,
    kind: options.Kind = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of dead letters.")] = 20,
) -> None:
    """Show dead letters and why their events failed; they stay in the queue."""
    chosen = options.read_kind(kind) if kind else None
    letters = dead_letters.look(session.stack, dead_letters.MAX_LETTERS if chosen else limit)
    matching = [one for one in letters if chosen in (None, one.kind)]
    session.show(dead_letters.documents(session.stack, matching[:limit]), _print_letters)


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
) -> None:
    """Move dead letters back to their kind's queue, to be processed again.

    Exit code 0 if all were moved (or there are none), 1 if the move ended early.
    """
    if bool(kind) == every:
        raise UsageError("Which dead letters? Write --kind KIND or --all.")
    chosen = options.read_kind(kind) if kind else None
    document = _redrive(session, chosen, rate, dry_run=dry_run)
    session.show(document, _print_redriven)
    raise typer.Exit(1 if document["failure"] else 0)


def _redrive(session: Session, kind: str | None, rate: int, *, dry_run: bool) -> Document:
    stack = session.stack
    total = dead_letters.count(stack, stack.dead_letter_queue).visible
    if kind:
        total = sum(one.kind == kind for one in dead_letters.look(stack))
    document = {"dry_run": dry_run, "kind": kind, "dead_letters": total}
    document |= {"moved": 0, "way": None, "failure": None}
    if dry_run or not total:
        return document
    with output.progress("moving") as progress:
        for moved in redriving.redrive(stack, kind, rate):
            document |= moved._asdict()
            progress.update(f"moved {moved.moved} of about {total}")
    return document


def _print_counts(document: Document) -> None:
    table = output.Table("kind", "dead letters")
    for one in document["kinds"]:
        table.add(one["kind"] or _POISON, one["dead_letters"])
    table.print("No dead letters.")
    if document["in_flight"]:
        output.text(
            f"\n{document['in_flight']} more are in flight: another reader has received them."
        )


def _print_letters(letters: list[Document]) -> None:
    table = output.Table("sent", "receives", "status", "key", "why")
    for one in letters:
        key = one["key"] or f"{_POISON}: message {one['message_id']}, {one['bytes']} bytes"
        status = one["status"] or ("" if one["key"] is None else "not on the ledger")
        table.add(output.when(one["sent_at"]), one["receives"], status, key, _why(one))
    table.print("No dead letters.")


def _why(letter: Document) -> str | None:
    return reasons.explain(letter["error"]).text if letter["error"] else None


def _print_redriven(document: Document) -> None:
    total, moved = document["dead_letters"], document["moved"]
    if not total:
        output.text("No dead letters.")
    elif document["dry_run"]:
        output.text(f"Nothing was changed. About {total} dead letters would be moved.")
    else:
        output.text(f"Moved {moved} of about {total} dead letters ({document['way']}).")
    if document["failure"]:
        output.text(f"The move ended early: {output.line(document['failure'])}")
