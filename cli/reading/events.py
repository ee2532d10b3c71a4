"""Listing events by status and arrival, from the index `by_status`."""

import heapq
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, NamedTuple

from cli.errors import UsageError
from cli.reading import table
from cli.reading.table import Document
from cli.stack import Stack
from justcall.catalogue import kind_of
from justcall.event import FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED
from justcall.moments import iso
from ledger import schema

STATUSES = (RECEIVED, PROCESSED, FAILED, STUCK, UNHANDLED, QUARANTINED)
# A listing that has to look through more days than this allows ends, and says how to continue.
PATIENCE_SECONDS = 5.0
_MAX_PAGE = 100
# One millisecond: `before` is exclusive, DynamoDB's BETWEEN is not.
_TICK = timedelta(milliseconds=1)


class Wanted(NamedTuple):
    """Which events to list; moments are in UTC, `since` inclusive and `before` exclusive."""

    status: str | None = None
    kind: str | None = None
    since: datetime | None = None
    before: datetime | None = None


class Listing(NamedTuple):
    """Events, newest first. `before` continues the listing; None if nothing is left."""

    events: list[Document]
    before: str | None


class _Row(NamedTuple):
    """A row of the index, or the end of a day (without a key)."""

    received_at: str
    key: str | None = None


def check_status(status: str | None) -> None:
    """Raise UsageError unless there is such a status."""
    if status and status not in STATUSES:
        raise UsageError(f"No status {status}. The statuses are: {', '.join(STATUSES)}")


def newest(stack: Stack, wanted: Wanted, limit: int, patience: float = PATIENCE_SECONDS) -> Listing:
    """Return the newest events: `limit`, and those of the same millisecond as the last one."""
    found, before = _newest(stack, wanted, limit, time.monotonic() + patience)
    events = table.brief(stack, found)
    # The index lags behind: an event may have another status by now.
    fitting = [one for one in events if wanted.status in (None, one["status"])]
    return Listing(fitting, before)


def keys(stack: Stack, wanted: Wanted) -> list[str]:
    """Return the keys of all events that fit, oldest first."""
    found, _ = _newest(stack, wanted, sys.maxsize, float("inf"))
    return list(dict.fromkeys(reversed(found)))


def _newest(stack: Stack, wanted: Wanted, limit: int, end: float) -> tuple[list[str], str | None]:
    found: list[str] = []
    last = None
    for row in _merged(stack, wanted):
        # Never between two rows of one millisecond: `before` would lose the second.
        if last and row.received_at != last and (len(found) >= limit or time.monotonic() > end):
            return found, last
        last = row.received_at
        if row.key and _fits(row.key, wanted.kind):
            found.append(row.key)
    return found, None


def _fits(key: str, kind: str | None) -> bool:
    event_type = key.partition(":")[0]
    return kind is None or kind in (event_type, kind_of(event_type))


def _merged(stack: Stack, wanted: Wanted) -> Iterator[_Row]:
    """Yield the rows of all cells, newest first; a day's cells are asked when its turn comes."""
    now = datetime.now(UTC)
    oldest = now - timedelta(days=stack.retention_days + 1)
    since = max(wanted.since or oldest, oldest)
    before = min(wanted.before or datetime.max.replace(tzinfo=UTC), now + timedelta(days=1))
    if since >= before:
        return
    statuses = [wanted.status] if wanted.status else STATUSES
    between = (_text(since), _text(before - _TICK))
    with ThreadPoolExecutor(schema.SHARDS) as pool:

        def merged(cells: Sequence[str]) -> Iterator[_Row]:
            rows = pool.map(lambda cell: _rows(stack, cell, between), cells)
            return _merge(*rows)

        others = [cell for one in statuses if one != PROCESSED for cell in schema.cells(one)]
        days = _days(since, before) if PROCESSED in statuses else ()
        yield from _merge(merged(others), _processed(days, merged))


def _processed(days: Iterable[datetime], merged: Any) -> Iterator[_Row]:
    for day in days:
        # Newer than anything of that day, so newer rows of other cells come first.
        yield _Row(_text(day + timedelta(days=1)))
        yield from merged(schema.cells(PROCESSED, day.date().isoformat()))


def _days(since: datetime, before: datetime) -> Iterator[datetime]:
    day = (before - _TICK).replace(hour=0, minute=0, second=0, microsecond=0)
    while day + timedelta(days=1) > since:
        yield day
        day -= timedelta(days=1)


def _rows(stack: Stack, cell: str, between: tuple[str, str]) -> Iterator[_Row]:
    """Return a cell's rows, newest first; the first page is read at once."""
    rows = table.query(
        stack,
        "cell = :cell AND received_at BETWEEN :since AND :until",
        {":cell": cell, ":since": between[0], ":until": between[1]},
        IndexName=schema.STATUS_INDEX,
        ScanIndexForward=False,
        PaginationConfig={"PageSize": _MAX_PAGE},
    )
    named = (_Row(row["received_at"]["S"], schema.key_of(row["pk"]["S"])) for row in rows)
    return chain(list(islice(named, 1)), named)


def _merge(*rows: Iterator[_Row]) -> Iterator[_Row]:
    return heapq.merge(*rows, key=lambda row: row.received_at, reverse=True)


def _text(moment: datetime) -> str:
    return iso(moment.timestamp())
