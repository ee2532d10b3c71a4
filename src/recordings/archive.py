"""Archiving one link of an event: download, bucket, sidecar, item, announcement, in this order.

The item is written after the file is complete. It is written again, as announced, after the bus
took the announcement. So a process that dies in between does the rest again, and a link that is
archived and announced costs one read.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from errors import BusUnavailable, OutboundFailed
from justcall.moments import epoch, iso
from outbound.urls import URL_NOT_ALLOWED
from published.cloud_event import Published
from recordings import announcement, backoff
from recordings.bucket import Bucket
from recordings.download import TOO_LONG
from recordings.links import Link, host_of
from recordings.register import ARCHIVED, FAILED, WAITING, Recording, Register

# No retry can make these right.
_FINAL = frozenset({URL_NOT_ALLOWED, TOO_LONG})

type Document = Mapping[str, Any]
type Download = Callable[[str], AbstractContextManager[Iterator[bytes]]]


class Bus(Protocol):
    """What announcing needs of the bus."""

    def put(self, events: list[Published]) -> list[Published]:
        """Publish events; return those that were refused. Raises BusUnavailable."""


class Ports(NamedTuple):
    """What archiving needs of AWS."""

    register: Register
    bucket: Bucket
    bus: Bus


class Result(NamedTuple):
    """What became of a link: the recording, and the seconds until it has to be tried again."""

    recording: Recording
    is_new: bool
    delay: int | None = None
    is_late: bool = False


def archive(link: Link, document: Document, ports: Ports, download: Download) -> Result:
    """Archive one link of a CloudEvent, unless it is archived already.

    Raises ArchiveUnavailable, LedgerUnavailable or BusUnavailable; then the caller retries.
    """
    known = ports.register.find(link)
    if known and known.phase == ARCHIVED:
        if not known.is_announced:
            _announce(link, document, known, ports)
        return Result(known, is_new=False)
    attempts = (known.attempts if known and known.phase == WAITING else 0) + 1
    try:
        with download(link.url) as pieces:
            file = ports.bucket.upload(link.path, pieces)
    except OutboundFailed as error:
        return _failed(link, document, attempts, error.reason, ports)
    one = _recording(link, document, ARCHIVED, attempts)._replace(file=file)
    beside = announcement.sidecar(document, one, file)
    one = one._replace(sidecar=ports.bucket.describe(link.path, beside))
    ports.register.keep(link, one, time.time())
    _announce(link, document, one, ports)
    return Result(one, is_new=True)


def refuse(link: Link, document: Document, reason: str, ports: Ports) -> Result:
    """Give a link up without trying it, and say so on the bus."""
    one = _recording(link, document, FAILED, 0)._replace(error=reason)
    ports.register.keep(link, one, time.time())
    _announce(link, document, one, ports)
    return Result(one, is_new=True)


def _failed(link: Link, document: Document, attempts: int, reason: str, ports: Ports) -> Result:
    now, received_at = time.time(), epoch(document["data"]["event"]["received_at"])
    delay = None if reason in _FINAL else backoff.delay(attempts, received_at, now)
    one = _recording(link, document, FAILED if delay is None else WAITING, attempts)
    one = one._replace(error=reason)
    ports.register.keep(link, one, now)
    if delay is None:
        _announce(link, document, one, ports)
    return Result(one, is_new=True, delay=delay, is_late=backoff.is_late(received_at, now))


def _announce(link: Link, document: Document, one: Recording, ports: Ports) -> None:
    """Publish what became of a link, then write that it is published."""
    if ports.bus.put([announcement.build(document, link, one)]):
        raise BusUnavailable("bus-refused-event")
    ports.register.keep(link, one._replace(is_announced=True), time.time())


def _recording(link: Link, document: Document, phase: str, attempts: int) -> Recording:
    return Recording(
        phase=phase,
        event_key=document["data"]["event"]["key"],
        what=link.what,
        at=iso(time.time()),
        attempts=attempts,
        host=host_of(link.url),
    )
