"""The message to a processor: the whole event, so that a dead letter explains itself.

A marker travels the same way, and is no event: the sweeper sends one to learn how long a queue is.
"""

import json
from typing import Any, NamedTuple

from errors import MessageUnreadable
from justcall.event import Event
from justcall.moments import epoch, iso

# Source: SQS quotas; the limit holds for the message with its attributes (we send none).
MESSAGE_BYTES = 1_048_576
_FIELDS = ("key", "type", "dialect", "received_at", "body_hash")


class Message(NamedTuple):
    """An event on its way; `body` is None where it is too large to travel and is on the ledger."""

    key: str
    type: str
    dialect: str
    received_at: str
    body_hash: str
    body: str | None
    event_time: str | None = None


class Marker(NamedTuple):
    """What the sweeper sends to see it come out at a queue's other end; `sent_at` names it."""

    kind: str
    sent_at: str


def message_of(event: Event) -> Message:
    """Return the message that takes an event to its processor."""
    return Message(
        key=event.key,
        type=event.type,
        dialect=event.dialect,
        received_at=iso(event.received_at),
        body_hash=event.body_hash,
        body=event.body.decode(),
        event_time=event.event_time,
    )


def encode_marker(marker: Marker) -> str:
    """Return the marker as JSON."""
    return json.dumps({"marker": marker._asdict()})


def encode(message: Message) -> str:
    """Return the message as ASCII JSON; its body stays behind where it would not fit.

    ASCII, because SQS refuses some characters that JSON allows (U+FFFE, U+FFFF), and a refused
    message would be refused for ever.
    """
    text = json.dumps(message._asdict())
    return text if len(text) <= MESSAGE_BYTES else json.dumps(message._asdict() | {"body": None})


def decode(text: str) -> Message | Marker:
    """Return what `encode` or `encode_marker` wrote. Raises MessageUnreadable on any other text."""
    try:
        document: Any = json.loads(text)
        if "marker" in document:
            return _marker(document["marker"])
        fields = {name: document[name] for name in _FIELDS}
        body, event_time = document["body"], document.get("event_time")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MessageUnreadable from error
    if not all(isinstance(value, str) and value for value in fields.values()):
        raise MessageUnreadable
    if not isinstance(body, str | None) or not _is_moment(fields["received_at"]):
        raise MessageUnreadable
    if not isinstance(event_time, str | None) or not (event_time is None or _is_moment(event_time)):
        raise MessageUnreadable
    return Message(body=body, event_time=event_time, **fields)


def _marker(document: Any) -> Marker:
    marker = Marker(document["kind"], document["sent_at"])
    if not all(isinstance(value, str) for value in marker) or not _is_moment(marker.sent_at):
        raise MessageUnreadable
    return marker


def _is_moment(text: str) -> bool:
    try:
        epoch(text)
    except ValueError:
        return False
    return True
