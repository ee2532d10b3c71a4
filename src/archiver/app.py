"""The archiver's Lambda function, on the queue of events with recordings.

A message is one event. It stays in the queue until each of its links is archived or given up: the
function hides it until the next attempt. docs/recordings.md describes it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, NamedTuple

from archiver import logging
from aws import clients, observability, settings
from outbound.requests import Room
from published.bus import Bus
from recordings import archive, backoff, links
from recordings.archive import Ports, Result, Task
from recordings.bucket import Bucket
from recordings.download import MAX_BYTES, MAX_SECONDS, Hosts, download
from recordings.queue import Queue
from recordings.register import Register

# No download begins if less is left of the function's time; a download ends so long before it.
MIN_SECONDS, RESERVE_SECONDS = 90.0, 45.0
STALL_SECONDS = 30.0
TOO_MANY, LEFT_OUT = "too-many-links", "link-left-out"

type Record = Mapping[str, Any]


class Setup(NamedTuple):
    """What one process keeps; the room's seconds are set for each download."""

    ports: Ports
    queue: Queue
    hosts: Hosts
    room: Room


@cache
def _setup() -> Setup:
    own = settings.archiver_settings()
    room = Room(
        stall_seconds=STALL_SECONDS,
        max_answer_bytes=MAX_BYTES,
        http_to_loopback=own.http_to_loopback,
    )
    ports = Ports(
        Register(clients.dynamodb, own.events_table, own.expiry_days),
        Bucket(clients.s3, own.bucket),
        Bus(clients.events, own.event_bus),
    )
    return Setup(ports, Queue(clients.sqs, own.queue_url), Hosts.of(own.hosts), room)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Archive the links of a batch; return the messages that have to come again."""
    try:
        again = [one["messageId"] for one in event["Records"] if _comes_again(one, context)]
    finally:
        observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": one} for one in again]}


def _comes_again(record: Record, context: Any) -> bool:
    """Work on a message; hide it and return True if it has to come again."""
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        sent_at = int(record["attributes"]["SentTimestamp"]) / 1000
        delay = _work(json.loads(record["body"]), sent_at, context)
    except Exception as error:
        logging.failure(record["messageId"], error)
        delay = backoff.DELAYS[min(receives, len(backoff.DELAYS)) - 1]
    if delay is None:
        return False
    try:
        _setup().queue.hide(record["receiptHandle"], delay)
    except Exception as error:  # it comes again after the queue's visibility timeout
        logging.failure(record["messageId"], error)
    return True


def _work(document: Mapping[str, Any], sent_at: float, context: Any) -> int | None:
    """Archive an event's links; return the seconds until the next attempt, None if all are done."""
    ports = _setup().ports
    tasks = [Task(one, document, sent_at) for one in links.links_of(document)]
    missing = [Task(one, document, sent_at) for one in links.left_out(document)]
    _refuse(missing, LEFT_OUT)
    _refuse(tasks[links.MAX_LINKS :], TOO_MANY)
    results: list[Result] = []
    for task in tasks[: links.MAX_LINKS]:
        seconds = context.get_remaining_time_in_millis() / 1000
        if seconds < MIN_SECONDS:
            return 0  # the rest needs a fresh invocation; the links before cost it one read each
        results.append(archive.archive(task, ports, _downloading(seconds - RESERVE_SECONDS)))
        logging.result(task.link, results[-1])
    return min((one.delay for one in results if one.delay is not None), default=None)


def _refuse(tasks: Sequence[Task], reason: str) -> None:
    for task in tasks:
        logging.result(task.link, archive.refuse(task, reason, _setup().ports))


def _downloading(seconds: float) -> archive.Download:
    own = _setup()
    room = own.room._replace(seconds=min(seconds, MAX_SECONDS))

    def open_link(url: str) -> AbstractContextManager[Iterator[bytes]]:
        return download(url, own.hosts, room)

    return open_link
