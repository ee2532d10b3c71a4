"""Reading the dead-letter queue of all kinds."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import Any, NamedTuple

from cli.reading import table
from cli.reading.table import Document
from cli.stack import Stack
from errors import MessageUnreadable
from justcall.catalogue import kind_of
from justcall.event import DISMISSED
from justcall.moments import iso
from messaging.message import decode

# Maximum dead letters that one look at the queue reads.
MAX_LETTERS = 1000
# SQS returns at most 10 messages per call.
_BATCH = 10
# Nobody else receives a message while we look at it; afterwards it is visible again.
_HOLD_SECONDS = 60
# Long polling asks all of SQS's servers.
_WAIT_SECONDS = 1
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Count(NamedTuple):
    """SQS's approximate number of messages; another reader has received those `in_flight`."""

    visible: int
    in_flight: int


class Letter(NamedTuple):
    """A dead letter; key and kind are None for poison, which is not a message of ours."""

    message: Any
    key: str | None
    kind: str | None


def count(stack: Stack, queue_url: str) -> Count:
    """Return about how many messages a queue holds."""
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=list(_COUNTS)
    )
    return Count(*(int(answer["Attributes"][name]) for name in _COUNTS))


def look(stack: Stack, most: int = MAX_LETTERS) -> list[Letter]:
    """Return dead letters, at most `most`; they stay in the queue."""
    visible = count(stack, stack.dead_letter_queue).visible
    letters: list[Letter] = []
    try:
        for letter in receive(stack, min(most, visible)):
            letters.append(letter)  # noqa: PERF402  # an interrupted look puts these back
    finally:
        put_back(stack, letters)
    return letters


def find(stack: Stack, key: str) -> Document | None:
    """Return an event's dead letter, None if there is none."""
    letters = [one for one in look(stack) if one.key == key]
    return document(letters[0], {}) if letters else None


def documents(stack: Stack, letters: Sequence[Letter]) -> list[Document]:
    """Return dead letters with the status and the error that the ledger holds of their events."""
    events = table.brief(stack, [one.key for one in letters if one.key])
    by_key = {event["key"]: event for event in events}
    return [document(one, by_key.get(one.key or "", {})) for one in letters]


def content(letter: Letter) -> Any:
    """Return the event's body as JSON or text; of a message that is no event all of it, as text.

    None if the message holds no body, because it was too large.
    """
    text: str | None = letter.message["Body"]
    if letter.key is not None:
        text = decode(letter.message["Body"]).body
    try:
        return json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return text


def statuses(stack: Stack, letters: Sequence[Letter]) -> dict[str, str]:
    """Return the status of each event of these letters that is on the ledger, by its key."""
    events = table.brief(stack, [one.key for one in letters if one.key])
    return {one["key"]: one["status"] for one in events}


def poison(letters: Sequence[Letter], by_key: Mapping[str, str]) -> set[str]:
    """Return the ids of letters that stay: those of no event, and of dismissed events."""
    return {
        one.message["MessageId"]
        for one in letters
        if one.kind is None or by_key.get(one.key or "") == DISMISSED
    }


def document(letter: Letter, event: Document) -> Document:
    """Return a dead letter with the fields that docs/cli.md promises; never its body."""
    attributes = letter.message["Attributes"]
    return {
        "message_id": letter.message["MessageId"],
        "kind": letter.kind,
        "key": letter.key,
        "receives": int(attributes["ApproximateReceiveCount"]),
        "sent_at": iso(int(attributes["SentTimestamp"]) / 1000),
        "bytes": len(letter.message["Body"].encode()),
        "status": event.get("status"),
        "error": event.get("error"),
    }


def receive(stack: Stack, most: int) -> Iterator[Letter]:
    """Yield dead letters, each held for a minute."""
    seen: set[str] = set()
    while len(seen) < most:
        answer = stack.client("sqs").receive_message(
            QueueUrl=stack.dead_letter_queue,
            MaxNumberOfMessages=min(most - len(seen), _BATCH),
            VisibilityTimeout=_HOLD_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        new = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
        if not new:
            return
        seen |= {one["MessageId"] for one in new}
        yield from map(_letter, new)


def _letter(message: Any) -> Letter:
    try:
        event: Any = decode(message["Body"])
        return Letter(message, event.key, kind_of(event.type))
    except (MessageUnreadable, AttributeError):
        return Letter(message, None, None)


def put_back(stack: Stack, letters: Sequence[Letter]) -> None:
    """Make letters visible again."""
    for some in batched(letters, _BATCH, strict=False):
        stack.client("sqs").change_message_visibility_batch(
            QueueUrl=stack.dead_letter_queue,
            Entries=[
                {
                    "Id": str(number),
                    "ReceiptHandle": one.message["ReceiptHandle"],
                    "VisibilityTimeout": 0,
                }
                for number, one in enumerate(some)
            ],
        )
