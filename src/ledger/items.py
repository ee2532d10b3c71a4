"""The attributes of a ledger item, in the form of DynamoDB's API: from an event, and back."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from justcall.event import Event
from justcall.moments import epoch, iso
from ledger import bodies, schema

# About how many bytes `process` adds to the item. DynamoDB bills the larger of old and new size.
_STEP_BYTES = 240


class Existing(NamedTuple):
    """A ledger item that an earlier delivery wrote; `sent_at` is the time of its last message."""

    delivery_id: str
    status: str
    dialect: str
    body_hash: str
    received_at: float
    sent_at: float
    item: Mapping[str, Any]


def item_of(event: Event, retention_seconds: int) -> dict[str, Any]:
    """Return the ledger item of a new event, without its cell and its body."""
    item: dict[str, Any] = {
        "pk": {"S": schema.event_partition(event.key)},
        "sk": {"S": schema.LEDGER},
        "dialect": {"S": event.dialect},
        "delivery_id": {"S": event.delivery_id},
        "status": {"S": event.status},
        "received_at": {"S": iso(event.received_at)},
        "deliveries": {"N": "1"},
        "body_hash": {"B": bytes.fromhex(event.body_hash)},
        "expires_at": {"N": str(int(event.received_at) + retention_seconds)},
    }
    if event.event_time:
        item["event_time"] = {"S": event.event_time}
    return item


def with_body(item: dict[str, Any], body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the item with the body, and no parts; for a large body the item and the parts."""
    packed = bodies.pack(body, _size(item) + _STEP_BYTES)
    if isinstance(packed, str) or len(packed) <= bodies.MAX_INLINE_BYTES:
        return item | bodies.attribute(packed), []
    shared = {name: item[name] for name in ("pk", "expires_at")}
    body_hash = item["body_hash"]["B"].hex()
    parts = [
        shared | {"sk": {"S": schema.part(body_hash, number)}, "packed": {"B": piece}}
        for number, piece in enumerate(bodies.cut(packed), start=1)
    ]
    return item | {"parts": {"N": str(len(parts))}}, parts


def event_of(item: Mapping[str, Any], body: bytes) -> Event:
    """Return the event of a ledger item, or of evidence, and its body."""
    key = schema.key_of(item["pk"]["S"])
    return Event(
        delivery_id=item["delivery_id"]["S"],
        key=key,
        type=schema.type_of(key),
        dialect=item["dialect"]["S"],
        status=item["status"]["S"],
        body=body,
        body_hash=item["body_hash"]["B"].hex(),
        received_at=epoch(item["received_at"]["S"]),
        event_time=item.get("event_time", {}).get("S"),
    )


def existing_of(item: Mapping[str, Any]) -> Existing:
    """Return a ledger item that has taken the key of a new event."""
    received_at = item["received_at"]["S"]
    sent_at = item.get("sent_at", {}).get("S", received_at)
    return Existing(
        delivery_id=item["delivery_id"]["S"],
        status=item["status"]["S"],
        dialect=item["dialect"]["S"],
        body_hash=item["body_hash"]["B"].hex(),
        received_at=epoch(received_at),
        sent_at=epoch(sent_at),
        item=item,
    )


def _size(item: Mapping[str, Any]) -> int:
    """Return about the size by which DynamoDB bills an item: names and values."""
    return sum(len(name) + len(*value.values()) for name, value in item.items())
