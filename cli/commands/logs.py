"""`hooks logs` and `hooks refused`: what the functions logged, which has no content of events."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli import CALLED, options, output
from cli.errors import UsageError
from cli.options import Session
from cli.reading import logs as reading
from cli.reading import refusals
from cli.reading.logs import Read
from cli.reading.table import Document
from justcall.catalogue import KINDS, kind_of
from ledger import schema

_WINDOW = timedelta(hours=24)
_PROCESSOR = "processor"

What = Annotated[
    str | None,
    typer.Argument(
        help="An event's KEY, a function such as handler, or a kind.", show_default=False
    ),
]
Level = Annotated[
    bool, typer.Option("--errors", help="Only warnings, errors, and what is no log line.")
]
Limit = Annotated[int, typer.Option(min=1, help="Maximum number of lines, the newest.")]


@options.command
def logs(
    session: Session,
    what: What = None,
    since: options.Since = None,
    errors: Level = False,
    limit: Limit = 100,
) -> None:
    """Show what the functions logged about an event, or the log of one; the last 24 hours.

    Logs have ids, sizes and reasons, no bodies and no numbers.
    """
    start = _start(since)
    with output.progress("looking"):
        read = _read(session, what, start)
    shown = [one for one in read.lines if not errors or one["level"] not in ("INFO", "DEBUG")]
    session.show(shown[-limit:], _print)
    if read.cut:
        output.note(f"There are more lines of {', '.join(read.cut)}. Write a later --since.")


def _read(session: Session, what: str | None, start: datetime) -> Read:
    """Return the lines about an event, of a function, of a kind's processor, or all."""
    groups = reading.groups(session.stack)
    if what is None:
        return reading.read(session.stack, groups, start)
    if ":" in what:
        read = reading.read(session.stack, groups, start, what)
        lines = (one for one in read.lines if what in (one["key"], one["message"]))
        return read._replace(lines=list(lines))
    kind = options.read_type(what)
    function = _PROCESSOR if kind in KINDS else what
    if function not in groups:
        raise UsageError(f"There is no function {what}. There are: {', '.join(sorted(groups))}")
    read = reading.read(session.stack, {function: groups[function]}, start)
    if kind not in KINDS:
        return read
    lines = (one for one in read.lines if kind_of(schema.type_of(one["key"] or "")) == kind)
    return read._replace(lines=list(lines))


@options.command
def refused(session: Session, since: options.Since = None) -> None:
    """Count the requests that were not accepted, by reason; without --since of the last 24 hours.

    It reads the handler's log, which has no content of a request.
    """
    with output.progress("looking"):
        rows, cut = refusals.refusals(session.stack, _start(since))
    session.show(rows, _print_refused)
    if cut:
        output.note("There are more refusals than were counted. Write a later --since.")


def _start(since: str | None) -> datetime:
    return options.moment("--since", since) or datetime.now(UTC) - _WINDOW


def _print(lines: list[Document]) -> None:
    table = output.Table("time", "function", "level", "message", "reason", "key", "note")
    for one in lines:
        more = " ".join(f"{name}={value}" for name, value in one["fields"].items())
        at = output.when(one["at"])
        level = one["level"] if one["level"] != "INFO" else None
        table.add(at, one["function"], level, one["message"], one["reason"], one["key"], more)
    table.print("No log lines.")


def _print_refused(rows: list[Document]) -> None:
    table = output.Table("count", "reason", "answer", "last", "why")
    for one in rows:
        last = output.when(one["last_at"])
        table.add(one["count"], one["reason"], one["answer"], last, one["why"])
    table.print("No request was refused.")
    if any(one["reason"] == "signature-mismatch" for one in rows):
        output.text(f"\nCompare a delivery with the stack's secrets: {CALLED} verify --help")
