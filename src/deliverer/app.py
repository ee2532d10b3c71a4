"""The sender's Lambda function, on the queue of deliveries.

A batch's records are worked on at the same time, so a slow destination does not delay the others
of its batch. A record fails only if AWS does; a delivery that fails waits in the table.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from aws import clients, observability
from aws.settings import deliverer_settings
from deliverer import logging
from deliveries import sender
from deliveries.attempt import posting
from deliveries.backlog import Backlog
from deliveries.directory import Directory
from deliveries.keys import Keys
from deliveries.message import decode
from deliveries.outbox import Outbox
from deliveries.sender import Outcome, Ports
from errors import HooksError
from justcall.moments import iso
from outbound.addresses import networks_of
from outbound.requests import Room

# The batch size of the queue's event source.
AT_ONCE = 10

type Record = Mapping[str, Any]


@cache
def _ports() -> Ports:
    own = deliverer_settings()
    for make in (clients.dynamodb, clients.sqs, clients.secretsmanager):
        make()  # threads may use a client, but must not create one at once
    networks = networks_of(own.networks)
    room = Room(networks=networks, http_to_loopback=own.http_to_loopback)
    return Ports(
        Directory(clients.dynamodb, own.events_table),
        Backlog(clients.dynamodb, own.events_table, own.retention_days),
        Keys(clients.secretsmanager, own.secret_arn),
        Outbox(clients.sqs, own.queue_url),
        posting(room),
        random.random,
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Work on a batch; return the records that AWS let fail, which come again."""
    ports, records = _ports(), event["Records"]
    results = list(_each(lambda one: _work(one, ports), records))
    failed = [one["messageId"] for one, result in zip(records, results, strict=True) if not result]
    outcomes = [one for one in results if one]
    try:
        logging.write(outcomes)
        _count(outcomes, ports)
    finally:
        observability.flush()
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def _each(
    work: Callable[[Record], Outcome | None], records: Sequence[Record]
) -> Iterable[Outcome | None]:
    if len(records) == 1:
        return [work(records[0])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, records))


def _work(record: Record, ports: Ports) -> Outcome | None:
    """Return what became of a record, None if it failed."""
    try:
        sent_at = int(record["attributes"]["SentTimestamp"]) / 1000
        return sender.handle(decode(record["body"]), sent_at, ports, time.time)
    except Exception as error:
        logging.failure(record["messageId"], error)
        return None


def _count(outcomes: Sequence[Outcome], ports: Ports) -> None:
    """Add to the destinations' counts of the day, once for each destination of the batch."""
    now = time.time()
    day = iso(now)[:10]
    for name, delivered, failed in _by_destination(outcomes):
        try:
            ports.directory.count(name, day, delivered, failed, now)
        except HooksError as error:  # counts are for people; a delivery must not fail for them
            logging.failure(name, error)


def _by_destination(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, int, int]]:
    tried = [one for one in outcomes if one.to and one.result and one.name != "tested"]
    for name in sorted({one.to for one in tried if one.to}):
        own = [one for one in tried if one.to == name]
        delivered = sum(one.name == "delivered" for one in own)
        yield name, delivered, len(own) - delivered
