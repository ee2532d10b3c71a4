"""The two ways to move dead letters back to the queues they came from."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from cli import dead_letters
from cli.dead_letters import Letter
from cli.history import History
from cli.reading.table import Document
from cli.send import paced
from cli.stack import Stack

SQS_TASK = "SQS's own move"
ONE_BY_ONE = "one by one"
_POLL_SECONDS = 1.0
# How an AWS without StartMessageMoveTask refuses it, in both of SQS's protocols.
_UNKNOWN_ACTION = ("InvalidAction", "UnknownOperationException")


class Moved(NamedTuple):
    """How far a move got; `failure` says why it ended early."""

    way: str
    moved: int
    failure: str | None = None


def run(
    stack: Stack,
    kind: str | None,
    rate: int,
    reason: str,
    *,
    dry_run: bool,
    shown: Callable[[str], None] = lambda _: None,
) -> Document:
    """Move dead letters, record the reason, and return what `hooks dlq redrive` prints.

    Those that are no events and those of dismissed events stay. `shown` hears of the progress.
    """
    total = dead_letters.count(stack, stack.dead_letter_queue).visible
    letters = dead_letters.look(stack) if total else []
    statuses = dead_letters.statuses(stack, letters)
    if kind:
        letters = [one for one in letters if one.kind == kind]
        total = len(letters)
    poison = dead_letters.poison(letters, statuses)
    total = max(0, total - len(poison))
    document = {"dry_run": dry_run, "kind": kind, "dead_letters": total, "left": len(poison)}
    document |= {"moved": 0, "way": None, "failure": None}
    if dry_run or not total:
        return document
    for moved in redrive(stack, kind, rate, leave=poison):
        document |= moved._asdict()
        shown(f"moved {moved.moved} of about {total}")
    if not document["failure"]:
        keys = {one.key for one in letters if one.message["MessageId"] not in poison}
        record(stack, {key: statuses[key] for key in statuses.keys() & keys}, reason)
    return document


def redrive(
    stack: Stack,
    kind: str | None,
    rate: int,
    sleep: Callable[[float], None] = time.sleep,
    leave: Collection[str] = (),
) -> Iterator[Moved]:
    """Move dead letters, of one kind or all, back to their queues; yield how far it got.

    `leave` are the ids of messages that stay. SQS's own StartMessageMoveTask moves all messages; it
    can't choose.
    """
    if kind is None and not leave:
        queue = {"QueueUrl": stack.dead_letter_queue, "AttributeNames": ["QueueArn"]}
        source = stack.client("sqs").get_queue_attributes(**queue)["Attributes"]["QueueArn"]
        if _start(stack, source, rate):
            yield from _watched(stack, source, sleep)
            return
    yield from _one_by_one(stack, kind, rate, leave, sleep)


def record(stack: Stack, statuses: Mapping[str, str], reason: str) -> None:
    """Note on events that they were redriven, as of a replay; `statuses` are those before."""
    history = History(stack.client("dynamodb"), stack.events_table, reason)
    for key, was in statuses.items():
        with suppress(ClientError, BotoCoreError):  # the messages have moved all the same
            history.add(key, was, time.time())


def _start(stack: Stack, source: str, rate: int) -> bool:
    """Start SQS's own move; False if this AWS does not know the action."""
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
    """Yield how far SQS's own move got, until it ends."""
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
    kind: str | None,
    rate: int,
    leave: Collection[str],
    sleep: Callable[[float], None],
) -> Iterator[Moved]:
    """Send each dead letter to its kind's queue, then delete it: a crash in between repeats it.

    At most as many as there are now, so that a message that fails again is not moved twice.
    """
    sqs, queue = stack.client("sqs"), stack.dead_letter_queue
    others: list[Letter] = []
    moved = Moved(ONE_BY_ONE, 0)
    yield moved
    try:
        letters = dead_letters.receive(stack, dead_letters.count(stack, queue).visible)
        for letter in paced(_chosen(letters, kind, leave, others), rate, sleep=sleep):
            body, target = letter.message["Body"], stack.queues[letter.kind or ""]
            sqs.send_message(QueueUrl=target, MessageBody=body)
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter.message["ReceiptHandle"])
            moved = moved._replace(moved=moved.moved + 1)
            yield moved
    finally:
        dead_letters.put_back(stack, others)


def _chosen(
    letters: Iterator[Letter], kind: str | None, leave: Collection[str], others: list[Letter]
) -> Iterator[Letter]:
    """Yield the letters of a kind, or of any; add the others, and poison, to `others`."""
    for letter in letters:
        left = letter.message["MessageId"] in leave
        if letter.kind and kind in (None, letter.kind) and not left:
            yield letter
        else:
            others.append(letter)
