"""`hooks timeline`: show a contact's calls and messages."""

from typing import Annotated, Any

import typer

from cli import options, output
from cli.commands.show import place_of
from cli.options import Session
from cli.reading import timeline as reading
from cli.reading.table import Document
from justcall.moments import iso
from justcall.phone import number_of
from justcall.subjects import is_subject
from justcall.timeline import is_number

Limit = Annotated[
    int, typer.Option(min=1, help="Maximum number of calls, messages and other entries.")
]
Before = Annotated[str | None, typer.Option(help="Only events before this; continues a timeline.")]


def contact_of(text: str) -> str:
    """Return a typed number in the form that it has in events; `call:ID` stays as it is."""
    if not text.strip():
        raise typer.BadParameter("It is empty.")
    return text if is_subject(text) else number_of(text)


Number = Annotated[
    str, typer.Argument(callback=contact_of, help="For example +14155559876, or unknown.")
]
# The fields that a row shows, in this order; --json has the others.
_SHOWN = (
    "outcome", "text", "duration_seconds", "ring_seconds", "agent_name", "disposition", "notes",
    "first_name", "last_name", "recording_url",
)  # fmt: skip
_SECONDS = {"duration_seconds": "lasted", "ring_seconds": "rang"}


@options.command
def timeline(session: Session, number: Number, limit: Limit = 100, before: Before = None) -> None:
    """Show a contact's calls, messages and changes of consent, by the events' own times.

    `unknown` shows callers that withheld their number, newest first. Exit code 1 if there are no
    events of the number.
    """
    moment = options.moment("--before", before)
    with output.progress("looking"):
        page = reading.timeline(
            session.stack, number, limit, iso(moment.timestamp()) if moment else None
        )
    session.show_page(page, lambda entries: _print(entries, number))
    if not page.rows and moment is None:
        raise typer.Exit(1)


def hint(contact: str) -> str:
    """Return a contact without events and, unless its number is in E.164, how to write it."""
    written = output.line(contact)
    if contact.startswith("+") or not is_number(contact):
        return f"{written}."
    return f"{written}. Write the number with plus and country code, for example +14155559876."


def _print(entries: list[Document], contact: str) -> None:
    table = output.Table("time", "type", "direction", "summary", "key")
    for entry in entries:
        shown = [_field(name, entry[name]) for name in _SHOWN if entry.get(name)]
        shown += [place_of(one) for one in entry.get("recordings", ())]
        summary = " · ".join(shown)
        at = output.when(entry["at"])
        table.add(at, entry["type"], entry.get("direction"), summary, entry["key"])
    table.print(f"No events of {hint(contact)}")


def _field(name: str, value: Any) -> str:
    if name in _SECONDS and isinstance(value, int | float):
        return f"{_SECONDS[name]} {duration(value)}"
    return output.line(value)


def duration(seconds: float) -> str:
    """Return seconds as a person says them: 3 min 5 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
