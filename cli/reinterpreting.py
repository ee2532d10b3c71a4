"""A quarantined body as the event that today's code reads from it."""

from cli.reading.table import Item
from errors import Unreadable
from justcall import envelope, keys
from justcall.catalogue import kind_of
from justcall.envelope import URL_SIGNED
from justcall.event import RECEIVED, UNHANDLED, Event
from justcall.moments import epoch

_DAY_SECONDS = 86_400


def event_in(old: Event) -> Event:
    """Return the event that a quarantined body holds. Raises Unreadable."""
    parsed = envelope.read(old.body, URL_SIGNED if old.dialect == URL_SIGNED else None)
    if not parsed.data:
        raise Unreadable("no-data")
    event_hash = keys.event_hash(parsed, old.body, old.event_time)
    return old._replace(
        # The same after a crash: a second replay recognises the first one's event as its own.
        delivery_id=f"replay-{old.key}",
        key=keys.key_of(parsed, event_hash),
        body_hash=event_hash,
        type=parsed.type,
        status=RECEIVED if kind_of(parsed.type) else UNHANDLED,
    )


def retention_days(item: Item) -> int:
    """Return for how many days the deployment keeps events; only its items say so."""
    seconds = int(item["expires_at"]["N"]) - int(epoch(item["received_at"]["S"]))
    return round(seconds / _DAY_SECONDS)
