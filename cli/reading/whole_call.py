"""One call or message: all events that name it, joined, from the items that the publisher keeps."""

from collections.abc import Iterable, Sequence

from cli import CALLED
from cli.errors import NotFoundError, asking
from cli.reading import recordings, table, timeline
from cli.reading.table import Document, Item
from cli.stack import Stack
from justcall.timeline import joined, keys_of
from ledger import timelines
from ledger.members import Members

# No call has more; a longer list is cut.
_MAX_EVENTS = 200


def of_key(stack: Stack, key: str) -> Document:
    """Return the call or message of a processed event, joined. Raises NotFoundError."""
    entries = _entries(table.items(stack, [key]))
    if not entries:
        raise NotFoundError(f"No processed event {key}. List events: {CALLED} events")
    known = {key: entries[0]}
    names: set[str] = set()
    while new := _subjects(known.values()) - names:
        names |= new
        keys = noted(stack, sorted(new)) - known.keys()
        found = [
            *_entries(table.items(stack, sorted(keys)[:_MAX_EVENTS])),
            *(entry for name in sorted(new) for entry in timeline.contact_rows(stack, name)),
        ]
        known |= {one["key"]: one for one in found}
        if len(known) > _MAX_EVENTS:
            break
    whole = next(one for one in joined(known.values()) if key in keys_of(one))
    recordings.join(stack, [whole])
    return whole


def members(stack: Stack) -> Members:
    """Return what the publisher notes of calls and messages; nothing without an event bus."""
    dynamodb = stack.client("dynamodb")
    return Members(lambda: dynamodb, stack.events_table, stack.retention_days)


def noted(stack: Stack, subjects: Sequence[str]) -> set[str]:
    """Return the keys of the events of a call or message that the publisher has noted."""
    with asking():
        return members(stack).of(subjects)


def _entries(items: Iterable[Item]) -> list[Document]:
    return [entry for item in items if "entry" in item for entry in timelines.readable(item)]


def _subjects(entries: Iterable[Document]) -> set[str]:
    return {name for one in entries for name in one.get("subjects", ())}
