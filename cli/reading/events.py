"""Listing events by status and arrival, from the index `by_status`."""

import heapq
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched, chain, islice
from typing import Any, NamedTuple

from cli.options import EARLIEST
from cli.reading import failures, searching, table
from cli.reading.failures import RETRYING
from cli.reading.table import Document, Page
from cli.stack import Stack
from justcall.catalogue import kind_of
from justcall.event import DISMISSED, FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED
from justcall.moments import iso
from ledger import schema

STATUSES = (RECEIVED, PROCESSED, FAILED, STUCK, UNHANDLED, QUARANTINED, DISMISSED)
# What a listing can select: retrying events are received ones whose processor has failed.
STATES = (*STATUSES, RETRYING)
# The default of --since: each day of processed events costs 16 queries.
DEFAULT_WINDOW = timedelta(hours=24)
# A listing ends after this time, and says how to continue.
MAX_SECONDS = 5.0
_PAGE_ROWS, _LARGE_PAGE = 100, 1000
# Events whose bodies are read at once to look for a number or a text.
_MAX_SEARCHED = 50
# One millisecond: `before` is exclusive, DynamoDB's BETWEEN is not.
_TICK = timedelta(milliseconds=1)
_CLOCKS = timedelta(hours=1)  # the receiver's clock may be ahead of ours


class Wanted(NamedTuple):
    """Which events to list; moments are in UTC, `since` inclusive and `before` exclusive."""

    status: str | None = None
    kind: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    number: str | None = None
    text: str | None = None


class _Row(NamedTuple):
    """A row of the index, or the end of a day (without a key)."""

    received_at: str
    key: str | None = None
    attempts: int = 0
    found: bool = True


def newest(stack: Stack, wanted: Wanted, limit: int, more: Sequence[str] = ()) -> Page:
    """Return the newest events: `limit`, and those of the same millisecond as the last one.

    `more` names further attributes of each (`table.brief`).
    """
    window = _window(stack, wanted)
    keys, before = _newest(stack, window, limit, MAX_SECONDS)
    if before is None and window.since and wanted.since is None:
        before = _text(window.since)
    # The index lags behind: an event may have another status by now.
    events = failures.explain(stack, table.brief(stack, keys, more))
    return Page([one for one in events if _has(one, wanted.status)], before)


def _has(event: Document, status: str | None) -> bool:
    return status in (None, event["status"], event["state"])


def keys(stack: Stack, wanted: Wanted) -> list[str]:
    """Return the keys of all matching events, oldest first."""
    newest_first, _ = _newest(stack, wanted, math.inf, math.inf)
    return list(dict.fromkeys(reversed(newest_first)))


def recent(
    stack: Stack, since: datetime, limit: int, more: Sequence[str] = ()
) -> tuple[list[Document], bool]:
    """Return the events since a moment, newest first, and whether there are more than `limit`.

    It reads large pages; `newest` reads small ones, to show the first events soon.
    """
    rows = (one.key for one in _merged(stack, Wanted(since=since), _LARGE_PAGE) if one.key)
    keys = list(islice(rows, limit + 1))
    listed = failures.explain(stack, table.brief(stack, keys[:limit], more))
    return list(listed), len(keys) > limit


def _window(stack: Stack, wanted: Wanted) -> Wanted:
    """Add the default --since, unless only waiting events are older than that."""
    if wanted.since or wanted.status not in (None, PROCESSED):
        return wanted
    now = datetime.now(UTC)
    since = min(wanted.before or now, now) - DEFAULT_WINDOW
    return wanted._replace(since=since) if since > _oldest(stack, now) else wanted


def _oldest(stack: Stack, now: datetime) -> datetime:
    """Return a moment before which no processed event exists."""
    return now - timedelta(days=stack.retention_days + 1)


def _newest(
    stack: Stack, wanted: Wanted, limit: float, seconds: float
) -> tuple[list[str], str | None]:
    """Return keys, newest first, and the `before` that continues after them."""
    keys: list[str] = []
    last = None
    end = math.inf
    for row in _found(stack, _merged(stack, wanted), wanted):
        if last is None:
            end = time.monotonic() + seconds
        # Never between two rows of one millisecond: `before` would lose the second.
        elif row.received_at != last:
            late = time.monotonic() > end and (keys or not row.key or not row.found)
            if late or len(keys) >= limit:
                return keys, last if row.key else row.received_at
        last = row.received_at
        if row.key and _matches(row, wanted):
            keys.append(row.key)
    return keys, None


def _matches(row: _Row, wanted: Wanted) -> bool:
    if not row.found or (wanted.status == RETRYING and not row.attempts):
        return False
    event_type = (row.key or "").partition(":")[0]
    return wanted.kind is None or wanted.kind in (event_type, kind_of(event_type))


def _found(stack: Stack, rows: Iterator[_Row], wanted: Wanted) -> Iterator[_Row]:
    """Yield the rows, and mark those whose events do not have the wanted number and text."""
    if wanted.number is None and wanted.text is None:
        yield from rows
        return
    for some in batched(rows, _MAX_SEARCHED, strict=False):
        keys = [one.key for one in some if one.key and _matches(one, wanted)]
        found = searching.matching(stack, keys, wanted.number, wanted.text)
        for one in some:
            yield one._replace(found=one.key is None or one.key in found)


def _merged(stack: Stack, wanted: Wanted, page_rows: int = _PAGE_ROWS) -> Iterator[_Row]:
    """Yield the rows of all cells, newest first; it queries day after day."""
    now = datetime.now(UTC)
    since = wanted.since or EARLIEST
    before = min(wanted.before or datetime.max.replace(tzinfo=UTC), now + _CLOCKS)
    status = RECEIVED if wanted.status == RETRYING else wanted.status
    statuses = [status] if status else STATUSES
    days = _days(max(since, _oldest(stack, now)), before) if PROCESSED in statuses else ()
    waiting = [cell for one in statuses if one != PROCESSED for cell in schema.cells(one)]
    between = (_text(since), _text(before - _TICK))
    if since >= before:
        return  # DynamoDB refuses such a BETWEEN
    with ThreadPoolExecutor(schema.SHARDS) as pool:

        def merged(cells: Sequence[str]) -> Iterator[_Row]:
            return _merge(*pool.map(lambda cell: _rows(stack, cell, between, page_rows), cells))

        yield from _merge(merged(waiting), _processed(days, merged))


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


def _rows(stack: Stack, cell: str, between: tuple[str, str], page_rows: int) -> Iterator[_Row]:
    """Return a cell's rows, newest first; the first page is read at once."""
    rows = table.query(
        stack,
        "cell = :cell AND received_at BETWEEN :since AND :until",
        {":cell": cell, ":since": between[0], ":until": between[1]},
        IndexName=schema.STATUS_INDEX,
        ScanIndexForward=False,
        PaginationConfig={"PageSize": page_rows},
    )
    named = (
        _Row(row["received_at"]["S"], schema.key_of(row["pk"]["S"]), table.number(row, "attempts"))
        for row in rows
    )
    return chain(list(islice(named, 1)), named)


def _merge(*rows: Iterator[_Row]) -> Iterator[_Row]:
    return heapq.merge(*rows, key=lambda row: row.received_at, reverse=True)


def _text(moment: datetime) -> str:
    return iso(moment.timestamp())
