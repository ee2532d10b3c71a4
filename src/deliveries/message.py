"""The messages in the queue of deliveries.

| message         | sent by                     | holds                                      |
|-----------------|-----------------------------|--------------------------------------------|
| a CloudEvent    | the rule on the bus         | an event for all destinations              |
| a delivery      | the sender, `hooks`         | an event for one destination, and its body |
| a reference     | the sender, the timer       | the name of a delivery in the table        |
"""

import json
from typing import Any, NamedTuple

from deliveries import signature
from errors import MessageUnreadable


class Delivery(NamedTuple):
    """An event for one destination.

    `first_at` is when it was first to be sent, in epoch seconds. `again` marks a replay, `test` an
    event that `hooks destinations test` made up.
    """

    to: str
    id: str
    kind: str
    key: str
    body: str
    first_at: float
    attempts: int = 0
    again: bool = False
    test: bool = False


class Reference(NamedTuple):
    """A delivery that is in the table."""

    to: str
    id: str


class Published(NamedTuple):
    """A CloudEvent from the bus."""

    document: dict[str, Any]


def encode(message: Delivery | Reference) -> str:
    """Return a message as ASCII JSON; SQS rejects some characters."""
    return json.dumps({"v": 1, **message._asdict()}, separators=(",", ":"))


def decode(text: str) -> Delivery | Reference | Published:
    """Return the message in a text. Raises MessageUnreadable."""
    try:
        document: dict[str, Any] = dict(json.loads(text))
        if "specversion" in document:
            _check(document)
            return Published(document)
        fields = {name: one for name, one in document.items() if name != "v"}
        if not all(isinstance(fields[name], str) for name in ("to", "id")):
            raise TypeError
        return Delivery(**fields) if "body" in fields else Reference(**fields)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MessageUnreadable from error


def delivery_of(document: dict[str, Any], to: str, now: float, *, again: bool = False) -> Delivery:
    """Return the delivery of a CloudEvent to a destination."""
    event = document["data"]["event"]
    one_id = signature.webhook_id(document["source"], document["id"])
    body = json.dumps(document, separators=(",", ":"))
    return Delivery(to, one_id, event["kind"], event["key"], body, now, again=again)


def _check(document: dict[str, Any]) -> None:
    event = document["data"]["event"]
    texts = (document["id"], document["source"], event["kind"], event["key"])
    if not all(isinstance(one, str) for one in texts):
        raise TypeError
