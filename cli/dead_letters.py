"""What lies in the dead-letter queues, and the two ways to move it back to where it came from."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from cli import read
from cli.errors import UsageError
from cli.read import Document
from cli.send import paced
from cli.stack import Stack
from errors import MessageUnreadable
from justcall.moments import iso
from messaging.message import Message, decode

# SQS gives no more at once.
_BATCH = 10
# While we hold them nobody else gets them; what we don't put back lies there again by itself.
_HOLD_SECONDS = 60
# SQS asks all of its servers only of those who wait.
_WAIT_SECONDS = 1
_POLL_SECONDS = 1.0
# MiniStack's answer to what it does not know, in both of SQS's protocols.
_UNKNOWN_ACTION = ("InvalidAction", "UnknownOperationException")

SQS_TASK = "SQS's own move"
ONE_BY_ONE = "one by one"


class Count(NamedTuple):
    """How many messages SQS says there are, about; `in_flight` are held by somebody just now."""

    dead_letters: int
    in_flight: int


class Moved(NamedTuple):
    """How far a move got; `failure` says why it ended early."""

    way: str
    moved: int
    failure: str | None = None


def count(stack: Stack, kind: str) -> Count:
    """Return what a kind's dead-letter queue holds."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    attributes = _attributes(stack, kind, *names)
    return Count(*(int(attributes[name]) for name in names))


def waiting(stack: Stack, kind: str) -> int:
    """Return how many messages a kind's own queue holds, about, those being worked on too."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=stack.queues[kind], AttributeNames=list(names)
    )
    return sum(int(answer["Attributes"][name]) for name in names)


def show(stack: Stack, kind: str, limit: int) -> list[Document]:
    """Return what some dead letters are; they stay where they are.

    A message that is none of ours is poison: of it only id, size and times are told.
    """
    messages = _look(stack, kind, limit)
    decoded = [_event_of(message["Body"]) for message in messages]
    known = read.brief(stack, [event.key for event in decoded if event])
    return [
        _document(message, event, known) for message, event in zip(messages, decoded, strict=True)
    ]


def redrive(
    stack: Stack,
    kind: str,
    rate: int,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Moved]:
    """Move a kind's dead letters back to its queue; yield how far it got, the last time at the end.

    By SQS's own StartMessageMoveTask where there is one, else one by one.
    """
    source = _attributes(stack, kind, "QueueArn")["QueueArn"]
    if _start(stack, source, rate):
        yield from _watched(stack, source, sleep)
    else:
        yield from _one_by_one(stack, kind, rate, clock, sleep)


def _start(stack: Stack, source: str, rate: int) -> bool:
    """Start SQS's own move; False if this AWS knows none."""
    try:
        stack.client("sqs").start_message_move_task(
            SourceArn=source, MaxNumberOfMessagesPerSecond=rate
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNKNOWN_ACTION:
            return False
        raise
    return True


def _watched(stack: Stack, source: str, sleep: Callable[[float], None]) -> Iterator[Moved]:
    """Yield how far SQS's own move got, until it is over."""
    while True:
        answer = stack.client("sqs").list_message_move_tasks(SourceArn=source, MaxResults=1)
        [task] = answer["Results"]
        moved = Moved(SQS_TASK, int(task.get("ApproximateNumberOfMessagesMoved", 0)))
        if task["Status"] not in ("RUNNING", "CANCELLING"):
            failure = task.get("FailureReason") or task["Status"].lower()
            yield moved if task["Status"] == "COMPLETED" else moved._replace(failure=failure)
            return
        yield moved
        sleep(_POLL_SECONDS)


def _one_by_one(
    stack: Stack,
    kind: str,
    rate: int,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Moved]:
    """Send each dead letter to its queue, then delete it: one that is cut off there is there twice.

    No more than there are now: what fails again meanwhile is not moved again.
    """
    sqs, url = stack.client("sqs"), _url(stack, kind)
    most = sum(count(stack, kind))
    taken = (message for batch in _receive(stack, kind, most) for message in batch)
    moved = Moved(ONE_BY_ONE, 0)
    yield moved
    for message in paced(taken, rate, clock, sleep):
        sqs.send_message(QueueUrl=stack.queues[kind], MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        moved = moved._replace(moved=moved.moved + 1)
        yield moved


def _look(stack: Stack, kind: str, limit: int) -> list[Any]:
    found: list[Any] = []
    try:
        for batch in _receive(stack, kind, min(limit, count(stack, kind).dead_letters)):
            found += batch
    finally:
        for message in found:
            stack.client("sqs").change_message_visibility(
                QueueUrl=_url(stack, kind),
                ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=0,
            )
    return found


def _receive(stack: Stack, kind: str, most: int) -> Iterator[Sequence[Any]]:
    """Yield dead letters, held for a minute, a batch at a time, at most so many."""
    left = most
    while left > 0:
        answer = stack.client("sqs").receive_message(
            QueueUrl=_url(stack, kind),
            MaxNumberOfMessages=min(left, _BATCH),
            VisibilityTimeout=_HOLD_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        yield messages
        left -= len(messages)


def _document(message: Any, event: Message | None, known: Mapping[str, Document]) -> Document:
    """Return a dead letter with the keys that docs/cli.md promises."""
    attributes = message["Attributes"]
    ledger = known.get(event.key, {}) if event else {}
    return {
        "message_id": message["MessageId"],
        "key": event.key if event else None,
        "receives": int(attributes["ApproximateReceiveCount"]),
        "sent_at": iso(int(attributes["SentTimestamp"]) / 1000),
        "bytes": len(message["Body"].encode()),
        "status": ledger.get("status"),
        "error": ledger.get("error"),
    }


def _event_of(text: str) -> Message | None:
    try:
        message = decode(text)
    except MessageUnreadable:
        return None
    return message if isinstance(message, Message) else None


def _attributes(stack: Stack, kind: str, *names: str) -> Mapping[str, str]:
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=_url(stack, kind), AttributeNames=list(names)
    )
    attributes: Mapping[str, str] = answer["Attributes"]
    return attributes


def _url(stack: Stack, kind: str) -> str:
    try:
        return stack.dead_letter_queues[kind]
    except KeyError as error:
        raise UsageError(f"this stack has no dead-letter queue of {kind}") from error
