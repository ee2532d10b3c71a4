"""The message to a processor. It holds the whole event, so that a dead letter explains itself."""

import json
from typing import Any, NamedTuple

from errors import MessageUnreadable
from justcall.event import RECEIVED, Event
from justcall.moments import epoch, iso

# Source: SQS quotas. The limit includes message attributes, of which we send none.
MESSAGE_BYTES = 1_048_576
_FIELDS = ("delivery_id", "key", "type", "dialect", "received_at", "body_hash")


class Message(NamedTuple):
    """An event in a queue; `body` is None if the processor must read it from the ledger.

    `delivery_id` names the delivery that the body came with.
    """

    delivery_id: str
    key: str
    type: str
    dialect: str
    received_at: str
    body_hash: str
    body: str | None
    event_time: str | None = None


class DeadLetter(NamedTuple):
    """A message in the dead-letter queue.

    `receives` is how often a processor received it. `sent_at` is when it was sent to its kind's
    queue, in epoch seconds.
    """

    id: str
    text: str
    receives: int
    sent_at: float


def message_of(event: Event) -> Message:
    """Return the message for an event's processor."""
    return Message(
        delivery_id=event.delivery_id,
        key=event.key,
        type=event.type,
        dialect=event.dialect,
        received_at=iso(event.received_at),
        body_hash=event.body_hash,
        body=event.body.decode(),
        event_time=event.event_time,
    )


def event_of(message: Message, body: bytes) -> Event:
    """Return the event of a message; `body` comes from the message or from the ledger."""
    return Event(
        delivery_id=message.delivery_id,
        key=message.key,
        type=message.type,
        dialect=message.dialect,
        status=RECEIVED,
        body=body,
        body_hash=message.body_hash,
        received_at=epoch(message.received_at),
        event_time=message.event_time,
    )


def encode(message: Message) -> str:
    """Return the message as ASCII JSON, without its body if it would not fit.

    SQS rejects some characters that JSON allows (U+FFFE, U+FFFF), at every attempt. ASCII JSON
    escapes them.
    """
    text = json.dumps(message._asdict())
    return text if len(text) <= MESSAGE_BYTES else json.dumps(message._asdict() | {"body": None})


def decode(text: str) -> Message:
    """Return the message in a text that `encode` wrote. Raises MessageUnreadable on other texts."""
    try:
        document: Any = json.loads(text)
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


def _is_moment(text: str) -> bool:
    try:
        epoch(text)
    except ValueError:
        return False
    return True
