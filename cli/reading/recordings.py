"""Reading recordings: where they are in the bucket, or why they are not."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from cli import CALLED
from cli.errors import NotFoundError, UsageError
from cli.reading import table
from cli.reading.table import Document, Item
from cli.stack import Stack
from justcall.subjects import is_subject
from ledger import schema, timelines
from recordings import links, register
from recordings.register import ARCHIVED, FAILED_CELL

_THREADS = 16
_PIECE_BYTES = 2**20


def of_key(stack: Stack, key: str) -> list[Document]:
    """Return the recordings of an event, or of a call that is named `call:ID`.

    Raises NotFoundError if there is no such event.
    """
    if is_subject(key):
        return of_names(stack, [key])
    items = list(table.items(stack, [key]))
    if not items:
        raise NotFoundError(f"No event {key}. List events: {CALLED} events")
    return of_item(stack, items[0])


def of_item(stack: Stack, item: Item) -> list[Document]:
    """Return the recordings of a ledger item's call or message."""
    key = schema.key_of(item["pk"]["S"])
    entry = next(timelines.readable(item), {})
    return of_names(stack, links.names_of({"key": key, **entry}))


def of_names(stack: Stack, names: Sequence[str]) -> list[Document]:
    """Return the recordings that are kept under any of these names, oldest first."""
    found = [one for name in names for one in _rows(stack, name)]
    return sorted(map(document, found), key=lambda one: (one["at"], one["link"]))


def join(stack: Stack, entries: Iterable[Document]) -> None:
    """Add `recordings` to the entries of a timeline that have links, if the stack keeps any."""
    if stack.recordings_bucket is None:
        return
    linked = [one for one in entries if any(map(one.get, links.FIELDS))]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda one: of_names(stack, links.names_of(one)), linked)
        for entry, recordings in zip(linked, found, strict=True):
            if recordings:
                entry["recordings"] = recordings


def failed(stack: Stack, limit: int) -> list[Document]:
    """Return recordings that were given up, oldest first."""
    index = {"IndexName": schema.STATUS_INDEX}
    rows = table.query(stack, "cell = :cell", {":cell": FAILED_CELL}, **index)
    items = [_item(stack, row) for row in islice(rows, limit)]
    # The index lags behind: some of them may be archived by now.
    return [document(one) for one in items if one.get("cell")]


def document(item: Item) -> Document:
    """Return a recording with the fields that docs/cli.md promises."""
    one = register.recording_of(item)
    return {
        "link": item["sk"]["S"],
        "state": one.phase,
        "what": one.what,
        "key": one.event_key,
        "at": one.at,
        "attempts": one.attempts,
        "error": one.error or None,
        "host": one.host or None,
        "bucket": one.file.bucket if one.file else None,
        "object_key": one.file.key if one.file else None,
        "sidecar_key": one.sidecar or None,
        "media_type": one.file.media_type if one.file else None,
        "bytes": one.file.size if one.file else None,
        "sha256": one.file.sha256 if one.file else None,
    }


def link(stack: Stack, one: Document, seconds: int) -> str | None:
    """Return a link to an archived file that works for so long; None if it is not archived."""
    if one["state"] != ARCHIVED:
        return None
    name = one["object_key"].rsplit("/", 1)[-1]
    url: str = stack.client("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": one["bucket"],
            "Key": one["object_key"],
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=seconds,
    )
    return url


def content(stack: Stack, one: Document) -> tuple[int, Iterator[bytes]]:
    """Return the size of an archived file, and its content piece by piece."""
    answer = stack.client("s3").get_object(Bucket=one["bucket"], Key=one["object_key"])
    return answer["ContentLength"], answer["Body"].iter_chunks(_PIECE_BYTES)


def save(stack: Stack, one: Document, path: Path) -> None:
    """Write an archived file to a new file, after its hash was compared. Raises UsageError."""
    if path.exists():
        raise UsageError(f"--save {path}: it exists. Name a new file.")
    _, pieces = content(stack, one)
    try:
        # Beside it, so that it can take its name. Only its owner can read it.
        with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
            part = Path(file.name)
            try:
                _check(one, _write(pieces, file))
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"--save {path}: {error.strerror}.") from error


def _write(pieces: Iterable[bytes], file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        file.write(piece)
    file.flush()
    return digest.hexdigest()


def _check(one: Document, digest: str) -> None:
    if digest != one["sha256"]:
        raise UsageError(f"{one['object_key']} is not the file that was archived.")


def _rows(stack: Stack, name: str) -> Iterator[Item]:
    partition = {":pk": register.partition(name)}
    return table.query(stack, "pk = :pk", partition, ConsistentRead=True)


def _item(stack: Stack, row: Item) -> dict[str, Any]:
    where = {"pk": row["pk"], "sk": row["sk"]}
    answer = stack.client("dynamodb").get_item(
        TableName=stack.events_table, Key=where, ConsistentRead=True
    )
    item: dict[str, Any] = answer.get("Item", {})
    return item
