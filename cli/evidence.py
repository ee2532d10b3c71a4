"""The evidence of a conflict as the event that an operator takes it for."""

from collections.abc import Sequence

from cli import CALLED
from cli.errors import NotFoundError, UsageError
from cli.reading import details, table
from cli.reading.table import Item
from cli.stack import Stack
from justcall import keys
from justcall.event import RECEIVED, Event
from ledger import bodies, schema
from ledger.items import event_of

_SHORT = 12


def find(stack: Stack, key: str, body_hash: str) -> Sequence[Item]:
    """Return the evidence whose hash begins so, and its body's parts.

    Raises NotFoundError if there is none, UsageError if there are several.
    """
    items = table.partition(stack, schema.event_partition(key))
    matches = details.evidence(items, body_hash.lower())
    if not matches:
        raise NotFoundError(f"No conflict {body_hash} of {key}. List them: {CALLED} show {key}")
    if len(matches) > 1:
        hashes = ", ".join(one["body_hash"]["B"].hex()[:_SHORT] for one in matches)
        raise UsageError(f"Several conflicts begin with {body_hash}: {hashes}. Write more of one.")
    return details.whole(matches[0], items)


def event_in(items: Sequence[Item]) -> Event | None:
    """Return evidence as an event of its own dialect; None if its body is incomplete."""
    body = bodies.unpack(items)
    if body is None:
        return None
    old = event_of(items[0], body)
    key = keys.with_content(old.key, old.body_hash)
    # The same after a crash: a second replay recognises the first one's event as its own.
    return old._replace(delivery_id=f"replay-{key}", key=key, status=RECEIVED)
