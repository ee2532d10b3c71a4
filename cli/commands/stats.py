"""`hooks stats`: the figures of one day by line and agent."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from cli import options, output
from cli.commands.timeline import duration
from cli.errors import UsageError
from cli.options import Session
from cli.reading import stats as reading
from cli.reading.table import Document

Day = Annotated[str | None, typer.Option(help="The day in UTC, YYYY-MM-DD; default: today.")]


@options.command
def stats(session: Session, day: Day = None) -> None:
    """Count a day's calls and texts by line and agent: answered, missed, talk time, time to return.

    The figures are counted from the events that were processed until now, by the events' own times.
    """
    chosen = read_day(day)
    with output.progress("counting"):
        rows = reading.of_day(session.stack, chosen)
    session.show({"day": chosen.isoformat(), "rows": rows}, _print)


def read_day(text: str | None) -> date:
    """Return the day that a text names. Raises UsageError."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        chosen = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--day {text}: write YYYY-MM-DD.") from error
    if not date(2000, 1, 1) <= chosen < date(9999, 12, 30):
        raise UsageError(f"--day {text}: there are no events of that day.")
    return chosen


def _print(document: Document) -> None:
    table = output.Table(
        "line", "agent", "calls", "answered", "missed", "returned", "after", "talked", "texts"
    )
    for one in document["rows"]:
        after = one["return_seconds"]
        table.add(
            one["line_name"] or one["line"],
            one["agent_name"] or one["agent"],
            one["calls"],
            one["answered"],
            one["missed"],
            one["returned"],
            duration(after) if after is not None else None,
            duration(one["talk_seconds"]),
            one["texts"],
        )
    table.print(f"No calls and texts on {document['day']}.")
