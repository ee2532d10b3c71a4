"""`hooks events`: list events by arrival and status."""

from typing import Annotated

import typer

from cli import CALLED, options, output, tailing
from cli.errors import NotFoundError, UsageError
from cli.options import Session
from cli.reading import events as listing
from cli.reading.events import Wanted
from cli.reading.table import Document
from justcall.catalogue import KINDS, TYPES

Status = Annotated[str | None, typer.Option(help=f"Only this status: {', '.join(listing.STATES)}.")]
Before = Annotated[
    str | None, typer.Option(help="Only events that arrived before this; continues a listing.")
]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of events.")]
Number = Annotated[
    str | None, typer.Option(help="Only events with this number as contact or in any field.")
]
Text = Annotated[str | None, typer.Option(help="Only events with this text in any field.")]
Follow = Annotated[
    bool, typer.Option("--follow", help="Go on, as hooks tail does; with --since from then.")
]


@options.command
def events(
    session: Session,
    status: Status = None,
    kind: options.Kind = None,
    since: options.Since = None,
    before: Before = None,
    limit: Limit = 20,
    number: Number = None,
    text: Text = None,
    follow: Follow = False,
) -> None:
    """List events by time of arrival, newest first.

    Without --since: those of the last 24 hours, or of any age with a --status other than
    processed. Exit code 1 if there are none because nobody knows the --kind.
    """
    chosen = wanted(status, kind, since, before, number=number, text=text)
    if follow:
        tailing.run(session, chosen)
    with output.progress("looking"):
        page = listing.newest(session.stack, chosen, limit)
    session.show_page(page, lambda rows: _print(rows, chosen))
    if not page.rows and page.before is None:
        require_known(chosen.kind)


def require_known(kind: str | None) -> None:
    """Raise NotFoundError if a text is neither a kind nor a type that JustCall documents.

    Ask only if there are no events: those of unknown types are kept too.
    """
    if kind and kind not in KINDS and kind not in TYPES:
        raise NotFoundError(f"No event has the type {kind}, and nothing processes it.")


def wanted(
    status: str | None,
    kind: str | None,
    since: str | None,
    before: str | None = None,
    *,
    number: str | None = None,
    text: str | None = None,
) -> Wanted:
    """Return which events the options name. Raises UsageError."""
    if status and status not in listing.STATES:
        raise UsageError(
            f"There is no status {status}. The statuses are: {', '.join(listing.STATES)}"
        )
    kind = options.read_type(kind) if kind else None
    moments = (options.moment("--since", since), options.moment("--before", before))
    return Wanted(status, kind, *moments, number, text)


def _print(events: list[Document], chosen: Wanted) -> None:
    table = output.Table("received", "status", "key", "deliveries", "why")
    for one in events:
        received = output.when(one["received_at"])
        table.add(received, one["state"], one["key"], one["deliveries"], one["why"])
    table.print(_empty_text(chosen))


def _empty_text(chosen: Wanted) -> str:
    if chosen == Wanted():
        return f"No events in the last 24 hours. Send one: {CALLED} send call.completed"
    return "No matching events."
