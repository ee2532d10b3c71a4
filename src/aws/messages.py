"""The message to a processor: the whole event, so that a dead letter explains itself."""

import json
from typing import Any, NamedTuple

from errors import MessageUnreadable

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


def encode(message: Message) -> str:
    """Return the message as ASCII JSON; its body stays behind where it would not fit.

    ASCII, because SQS refuses some characters that JSON allows (U+FFFE, U+FFFF), and a refused
    message would be refused for ever.
    """
    text = json.dumps(message._asdict())
    return text if len(text) <= MESSAGE_BYTES else json.dumps(message._asdict() | {"body": None})


def decode(text: str) -> Message:
    """Return the message that `encode` wrote. Raises MessageUnreadable on any other text."""
    try:
        document: Any = json.loads(text)
        fields = {name: document[name] for name in _FIELDS}
        body = document["body"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MessageUnreadable from error
    if not all(isinstance(value, str) for value in fields.values()):
        raise MessageUnreadable
    if not isinstance(body, str | None):
        raise MessageUnreadable
    return Message(body=body, **fields)
