"""`hooks recording`: links to recordings, voicemails and media that the stack has kept."""

from pathlib import Path
from typing import Annotated

import typer

from cli import CALLED, options, output
from cli.errors import NotFoundError, UsageError
from cli.options import Session
from cli.reading import recordings as reading
from cli.reading.table import Document
from recordings.register import ARCHIVED

# S3 accepts no longer ones.
_MAX_SECONDS = 7 * 86_400

Save = Annotated[Path | None, typer.Option(help="Write the file here instead of printing a link.")]
Which = Annotated[int | None, typer.Option(min=1, help="Only this one of several, from 1.")]
Expires = Annotated[str, typer.Option(help="How long the link works, at most 7d.")]
Failed = Annotated[bool, typer.Option("--failed", help="List those that were given up.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Maximum number with --failed.")]


@options.command
def recording(
    session: Session,
    key: options.OptionalKey = None,
    save: Save = None,
    which: Which = None,
    expires: Expires = "15m",
    failed: Failed = False,
    limit: Limit = 50,
) -> None:
    """Print a link to each kept recording of an event's call or message, or save the file.

    Whoever has the link can download the file while it works. Exit code 1 if no recording is kept.
    """
    if failed:
        if key or save or which:
            raise UsageError("--failed lists all; it takes no KEY, --save or --which.")
        session.show(reading.failed(session.stack, limit), _print_failed)
        return
    if not key:
        raise UsageError(f"Which event? {CALLED} recording KEY, or --failed.")
    seconds = int(options.span("--expires", expires).total_seconds())
    if not 0 < seconds <= _MAX_SECONDS:
        raise UsageError(f"--expires {expires}: write at least 1s and at most 7d.")
    found = _chosen(reading.of_key(session.stack, key), key, which)
    if save:
        _save(session, found, save)
        return
    rows = [{**one, "url": reading.link(session.stack, one, seconds)} for one in found]
    session.show(rows, _print)
    if session.stack.is_local:
        output.note("The local stack refuses links. Use --save.")
    if not any(one["url"] for one in rows):
        raise NotFoundError(f"No recording of {key} is kept yet. {_why(rows)}")


def _chosen(found: list[Document], key: str, which: int | None) -> list[Document]:
    if not found:
        raise NotFoundError(f"No recording of {key} is known. Is Recordings on?")
    if which is None:
        return found
    if which > len(found):
        raise NotFoundError(f"--which {which}: there are {len(found)}.")
    return [found[which - 1]]


def _save(session: Session, found: list[Document], path: Path) -> None:
    kept = [one for one in found if one["state"] == ARCHIVED]
    if not kept:
        raise NotFoundError(f"No recording is kept yet. {_why(found)}")
    if len(kept) > 1:
        raise UsageError(f"There are {len(kept)} files. Choose one: --which 1 to {len(found)}")
    reading.save(session.stack, kept[0], path)
    session.show({**kept[0], "saved": str(path)}, _print_saved)


def _why(rows: list[Document]) -> str:
    parts = (f"{one['what']}: {one['state']}, {one['error']} ({one['host']})" for one in rows)
    return "; ".join(parts)


def _print(rows: list[Document]) -> None:
    for one in rows:
        if one["url"]:
            output.text(one["url"])


def _print_saved(one: Document) -> None:
    output.text(f"Saved {one['saved']}: {one['bytes']} bytes, {one['media_type']}.")


def _print_failed(rows: list[Document]) -> None:
    table = output.Table("given up", "recording", "attempts", "host", "key", "error")
    for one in rows:
        at = output.when(one["at"])
        table.add(at, one["what"], one["attempts"], one["host"], one["key"], one["error"])
    table.print("No recording was given up.")
