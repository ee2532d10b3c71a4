"""`hooks contact`: a contact's consent flags and their history."""

import typer

from cli import options, output
from cli.commands.timeline import Number, hint
from cli.options import Session
from cli.reading import details
from cli.reading.table import Document
from justcall.timeline import number_of


@options.command
def contact(session: Session, number: Number) -> None:
    """Show a contact's consent flags, and the events that changed them, newest first.

    Flags: dnd (no calls), dnm (no messages), blacklist, opted_out (of texts). A displaced change
    does not count: a body-signed event has taken the place of the event that made it. Exit code 1
    if no event has changed a flag.
    """
    document = details.contact(session.stack, number_of(number))
    session.show(document, _print)
    if not document["history"]:
        raise typer.Exit(1)


def _print(document: Document) -> None:
    rows = output.Table("flag", "value", "since", "key")
    for name, flag in document["consent"].items():
        rows.add(name, "yes" if flag["value"] else "no", output.when(flag["since"]), flag["key"])
    rows.print(f"No event has changed a consent flag of {hint(document['number'])}")
    if document["history"]:
        output.text("", "History:")
        changes = output.Table("flag", "change", "at", "type", "key")
        for one in document["history"]:
            change = f"{one['change']} (displaced)" if one["displaced"] else one["change"]
            changes.add(one["flag"], change, output.when(one["at"]), one["type"], one["key"])
        changes.print()
