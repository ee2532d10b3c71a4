"""`hooks export`: events of a time as JSON lines, CSV or Parquet."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import exporting, options, output
from cli.commands.events import Before, Number, Status, Text, require_known, wanted
from cli.errors import UsageError
from cli.options import Session
from cli.reading import events as listing

Format = Annotated[str, typer.Option("--format", help=f"One of {', '.join(exporting.FORMATS)}.")]
To = Annotated[
    Path | None, typer.Option("--output", help="Write to this new file, which only you can read.")
]
WithBody = Annotated[bool, typer.Option("--body", help="Add the bodies as they came.")]


@options.command
def export(
    session: Session,
    since: options.Since = None,
    before: Before = None,
    form: Format = exporting.JSONL,
    status: Status = None,
    kind: options.Kind = None,
    number: Number = None,
    text: Text = None,
    body: WithBody = False,
    to: To = None,
) -> None:
    """Write all events of a time, oldest first; without --since of the last 24 hours.

    To stdout, or to a file: Parquet needs one, and pyarrow.
    """
    if form not in exporting.FORMATS:
        raise UsageError(f"There is no format {form}. There are: {', '.join(exporting.FORMATS)}")
    chosen = wanted(status, kind, since, before, number=number, text=text)
    if chosen.since is None:
        chosen = chosen._replace(since=datetime.now(UTC) - listing.DEFAULT_WINDOW)
    done, stack = 0, session.stack
    with output.progress("looking") as progress, _writer(form, to, with_body=body) as write:
        keys = listing.keys(stack, chosen)
        for events in exporting.documents(stack, keys, with_body=body):
            write(events)
            done += len(events)
            progress.update(f"{done} of {len(keys)}")
    if not done:
        require_known(chosen.kind)
    if to:
        session.show({"events": done, "output": str(to)}, lambda _: output.text(f"{done} events."))


@contextmanager
def _writer(form: str, to: Path | None, *, with_body: bool) -> Iterator[exporting.Write]:
    """Return what writes events; a new file does not stay if it could not be written."""
    if to is None:
        with exporting.writer(form, sys.stdout, with_body=with_body) as write:
            yield write
        return
    _create(to)
    try:
        with exporting.writer(form, to, with_body=with_body) as write:
            yield write
    except BaseException:
        to.unlink()
        raise


def _create(path: Path) -> None:
    """Make the file, readable by its owner only: it holds numbers and texts. Raises UsageError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise UsageError(f"--output {path}: {error.strerror}") from error
