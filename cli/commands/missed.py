"""`hooks missed`: list missed calls by caller, and which of them nobody returned."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import options, output
from cli.options import Session
from cli.reading import calls
from cli.reading.events import DEFAULT_WINDOW
from cli.reading.table import Document

Unreturned = Annotated[
    bool, typer.Option("--unreturned", help="Only callers whom nobody called or texted since.")
]


@options.command
def missed(session: Session, unreturned: Unreturned = False, since: options.Since = None) -> None:
    """List missed calls by caller and line, the newest first; without --since of the last 24 hours.

    A later call or text with the number returns a missed call, in either direction. A caller whose
    number is withheld cannot be returned.
    """
    start = options.moment("--since", since) or datetime.now(UTC) - DEFAULT_WINDOW
    with output.progress("looking"):
        rows = calls.callers(session.stack, start, unreturned=unreturned)
    session.show(rows, _print)


def _print(rows: list[Document]) -> None:
    columns = ("last", "number", "name", "line", "missed", "unreturned", "returned", "voicemail")
    table = output.Table(*columns)
    for one in rows:
        table.add(
            output.when(one["last_at"]),
            one["number"] or "withheld",
            one["contact_name"],
            one["line_name"] or one["line"],
            one["missed"],
            one["unreturned"] or None,
            output.when(one["returned_at"]) if one["returned_at"] else None,
            "yes" if one["voicemail"] else None,
        )
    table.print("No missed calls.")
