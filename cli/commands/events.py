"""`hooks events`: which events arrived, and how far each got."""

from typing import Annotated

import typer

from cli import CALLED, options, output
from cli.options import Session
from cli.reading import events as listing
from cli.reading.events import Wanted
from cli.reading.table import Document
from justcall.catalogue import KINDS

Status = Annotated[str | None, typer.Option(help=", ".join(listing.STATUSES))]
Before = Annotated[
    str | None, typer.Option(help="Only older than this; continues a listing that was cut.")
]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of events.")]


@options.command
def events(
    session: Session,
    status: Status = None,
    kind: options.Kind = None,
    since: options.Since = None,
    before: Before = None,
    limit: Limit = 20,
) -> None:
    """List events, newest first."""
    listing.check_status(status)
    wanted = Wanted(
        status,
        options.any_type(kind) if kind else None,
        options.moment("--since", since),
        options.moment("--before", before),
    )
    with output.progress("looking"):
        found = listing.newest(session.stack, wanted, limit)
    session.show(found.events, lambda rows: _print(rows, wanted))
    if found.before:
        output.note(f"There may be older events. Continue with: --before {found.before}")


def _print(events: list[Document], wanted: Wanted) -> None:
    table = output.Table("received", "status", "key", "deliveries", "error")
    for one in events:
        received = output.when(one["received_at"])
        table.add(received, one["status"], one["key"], one["deliveries"], one["error"])
    table.print(_nothing(wanted))


def _nothing(wanted: Wanted) -> str:
    if wanted == Wanted():
        return f"No events. Send one: {CALLED} send call.completed"
    if wanted.kind and wanted.kind not in KINDS:
        return f"No matching events: nothing processes {wanted.kind}."
    return "No matching events."
