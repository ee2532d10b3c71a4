"""Finding events by number or text: the newest ones are read with their bodies, page by page."""

import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from cli.reading import events, table
from cli.reading.events import MAX_SECONDS, Wanted
from cli.reading.table import Document, Item, Page
from cli.stack import Stack
from justcall.event import PROCESSED
from ledger import bodies

# Events that are read with their bodies at once; the bodies of 100 events are a few 100 KB.
_AT_ONCE = 100


class Content(NamedTuple):
    """A contact as it is stored (E.164, or `unknown`), and a text in key, error or body."""

    number: str | None = None
    text: str | None = None


def newest(
    stack: Stack, wanted: Wanted, content: Content, limit: int, more: Sequence[str] = ()
) -> Page:
    """Return the newest events with a content, as `events.newest` does; it stops after 5 seconds.

    An event that is not processed has no contact yet: it fits if its body has the number's digits.
    """
    if not any(content):
        return events.newest(stack, wanted, limit, more)
    window = events.window_of(stack, wanted)
    end = time.monotonic() + MAX_SECONDS
    rows: list[Document] = []
    for last, keys in _batches(events.stream(stack, window)):
        items = {one["pk"]["S"]: one for one in table.items(stack, keys)}
        found = [one for one in items.values() if _fits(stack, one, wanted, content)]
        rows += [table.document(one) | table.texts(one, more) for one in found]
        if len(rows) >= limit or time.monotonic() > end:
            return _cut(rows, limit, last)
    since = window.since if wanted.since is None else None
    return Page(_sorted(rows), since.isoformat() if since else None)


def _batches(stream: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield keys in batches that never end between two events of one millisecond."""
    keys: list[str] = []
    last = ""
    for last, group in groupby(stream, itemgetter(0)):  # the last one's, below
        keys += [key for _, key in group]
        if len(keys) >= _AT_ONCE:
            yield last, keys
            keys = []
    if keys:
        yield last, keys


def _cut(rows: list[Document], limit: int, last: str) -> Page:
    """Return the first rows, and the `before` that continues after them."""
    ordered = _sorted(rows)
    if len(ordered) <= limit:
        return Page(ordered, last)
    moment = ordered[limit - 1]["received_at"]
    return Page([one for one in ordered if one["received_at"] >= moment], moment)


def _sorted(rows: list[Document]) -> list[Document]:
    return sorted(rows, key=itemgetter("received_at"), reverse=True)


def _fits(stack: Stack, item: Item, wanted: Wanted, content: Content) -> bool:
    status = item["status"]["S"]
    if wanted.status not in (None, status):
        return False
    number, text = content
    is_known = status == PROCESSED
    if number and is_known and item.get("contact", {}).get("S") != number:
        return False
    in_body = [one for one in ("" if is_known else number, text) if one]
    return not in_body or all(one in _text(stack, item) for one in map(_needle, in_body))


def _needle(text: str) -> str:
    return text.lstrip("+").casefold()


def _text(stack: Stack, item: Item) -> str:
    """Return what is searched: key, error and body."""
    document = table.document(item)
    items = [item] if "parts" not in item else table.ledger_items(stack, document["key"])
    try:
        body = bodies.unpack(items) or b""
    except zlib.error:
        body = b""
    shown = (document["key"], document["error"] or "", body.decode(errors="replace"))
    return "\n".join(shown).casefold()
