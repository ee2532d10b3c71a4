"""An event as this project keeps it, and the statuses that it can have.

`ledger.events` holds the state diagram and every change from one status to another.
"""

from typing import NamedTuple

RECEIVED = "received"
PROCESSED = "processed"
FAILED = "failed"
STUCK = "stuck"
UNHANDLED = "unhandled"
QUARANTINED = "quarantined"
DISMISSED = "dismissed"


class Event(NamedTuple):
    """An authentic event as it came; `received_at` is in epoch seconds.

    `delivery_id` is unique to one delivery. If DynamoDB's answer to a put is lost, the client's
    second attempt finds the item and recognises it by this id as its own. `event_time` is the time
    that a url-signed signature covers; a body-signed event has its time in the body.
    """

    delivery_id: str
    key: str
    type: str
    dialect: str
    status: str
    body: bytes
    body_hash: str
    received_at: float
    event_time: str | None = None
