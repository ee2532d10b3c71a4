"""Archiving one link of an event: download, bucket, sidecar, item, announcement, in this order.

The item is written after the file is complete. It is written again, as announced, after the bus
took the announcement. So a process that dies in between does the rest again, and a link that is
archived and announced costs one read.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from errors import BusUnavailable, HostRefused, OutboundFailed
from justcall.moments import epoch, iso
from outbound.urls import URL_NOT_ALLOWED
from published.bus import Bus
from recordings import announcement, backoff
from recordings.bucket import Bucket
from recordings.download import TOO_LONG
from recordings.links import Link, host_of
from recordings.register import ARCHIVED, FAILED, WAITING, Recording, Register

# No retry can make these right.
_FINAL = frozenset({URL_NOT_ALLOWED, TOO_LONG})

type Document = Mapping[str, Any]
type Download = Callable[[str], AbstractContextManager[Iterator[bytes]]]


class Ports(NamedTuple):
    """What archiving needs of AWS."""

    register: Register
    bucket: Bucket
    bus: Bus


class Task(NamedTuple):
    """A link to archive, its event as published, and when that was sent to the queue."""

    link: Link
    document: Document
    sent_at: float


class Result(NamedTuple):
    """What became of a link: the recording, and the seconds until it has to be tried again."""

    recording: Recording
    is_new: bool
    delay: int | None = None
    is_late: bool = False


def archive(task: Task, ports: Ports, download: Download) -> Result:
    """Archive a link, unless that is done already.

    Raises ArchiveUnavailable, LedgerUnavailable or BusUnavailable; then the caller retries.
    """
    link, known = task.link, ports.register.find(task.link)
    if known and _is_done(known, task):
        if not known.is_announced:
            _announce(task, known, ports)
        return Result(known, is_new=False)
    attempts = (known.attempts if known and known.phase == WAITING else 0) + 1
    try:
        with download(link.url) as pieces:
            file = ports.bucket.upload(link.path, pieces)
    except OutboundFailed as error:
        return _failed(task, attempts, error, ports)
    one = _recording(task, ARCHIVED, attempts)._replace(file=file)
    beside = announcement.sidecar(task.document, one, file)
    one = one._replace(sidecar=ports.bucket.describe(link.path, beside))
    ports.register.keep(link, one, time.time())
    _announce(task, one, ports)
    return Result(one, is_new=True)


def refuse(task: Task, reason: str, ports: Ports) -> Result:
    """Give a link up without trying it, and say so on the bus."""
    known = ports.register.find(task.link)
    if known and known.is_announced and _is_done(known, task):
        return Result(known, is_new=False)
    one = _recording(task, FAILED, 0)._replace(error=reason)
    ports.register.keep(task.link, one, time.time())
    _announce(task, one, ports)
    return Result(one, is_new=True)


def _is_done(known: Recording, task: Task) -> bool:
    """Tell whether there is nothing to try: it is archived, or was given up for this message.

    An event that is published again is another message, and its links are tried again.
    """
    given_up = known.phase == FAILED and epoch(known.at) >= task.sent_at
    return known.phase == ARCHIVED or given_up


def _failed(task: Task, attempts: int, error: OutboundFailed, ports: Ports) -> Result:
    reason = error.reason
    now, received_at = time.time(), epoch(task.document["data"]["event"]["received_at"])
    delay = None if reason in _FINAL else backoff.delay(attempts, received_at, now)
    one = _recording(task, FAILED if delay is None else WAITING, attempts)
    one = one._replace(error=reason)
    if isinstance(error, HostRefused):  # it may be that of a redirect
        one = one._replace(host=error.host)
    ports.register.keep(task.link, one, now)
    if delay is None:
        _announce(task, one, ports)
    return Result(one, is_new=True, delay=delay, is_late=backoff.is_late(received_at, now))


def _announce(task: Task, one: Recording, ports: Ports) -> None:
    """Publish what became of a link, then write that it is published."""
    if ports.bus.put([announcement.build(task.document, task.link, one)]):
        raise BusUnavailable("bus-refused-event")
    ports.register.keep(task.link, one._replace(is_announced=True), time.time())


def _recording(task: Task, phase: str, attempts: int) -> Recording:
    return Recording(
        phase=phase,
        event_key=task.document["data"]["event"]["key"],
        what=task.link.what,
        at=iso(time.time()),
        attempts=attempts,
        host=host_of(task.link.url),
    )
