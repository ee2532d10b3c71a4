"""Bars of the last hour or day as data for an inline SVG; no library draws them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import NamedTuple

from cli.reading.events import STATES
from cli.reading.table import Document
from justcall.moments import epoch, iso

ORDER = STATES
WIDTH, HEIGHT = 600, 80
_GAP = 2


class Span(NamedTuple):
    """A plot's length, and how many bars it has."""

    name: str
    length: timedelta
    bars: int


SPANS = {
    "hour": Span("hour", timedelta(hours=1), 30),
    "day": Span("day", timedelta(days=1), 24),
}


class Bar(NamedTuple):
    """One piece of a bar: a rectangle of one status."""

    x: float
    y: float
    width: float
    height: float
    status: str
    label: str


class Plot(NamedTuple):
    """A stacked plot, and the figures of its whole span."""

    bars: list[Bar]
    most: int
    counts: Mapping[str, int]
    median_seconds: float | None
    slowest_seconds: float | None
    left: str
    right: str


def plot(events: Iterable[Document], span: Span, now: datetime) -> Plot:
    """Return the events of a span as stacked bars by status, with the time until processed."""
    listed = list(events)
    step = span.length / span.bars
    start = now - span.length
    columns: list[Counter[str]] = [Counter() for _ in range(span.bars)]
    for one in listed:
        place = int((_moment(one["received_at"]) - start) / step)
        columns[min(max(place, 0), span.bars - 1)][one["state"]] += 1
    most = max((sum(one.values()) for one in columns), default=0)
    waits = sorted(
        epoch(one["processed_at"]) - epoch(one["received_at"])
        for one in listed
        if one["processed_at"]
    )
    return Plot(
        [bar for number, one in enumerate(columns) for bar in _bar(number, one, most, span)],
        most,
        Counter(one["state"] for one in listed),
        median(waits) if waits else None,
        waits[int(len(waits) * 0.99)] if waits else None,
        iso(start.timestamp()),
        iso(now.timestamp()),
    )


def _bar(number: int, counts: Mapping[str, int], most: int, span: Span) -> Iterable[Bar]:
    wide = WIDTH / span.bars
    y = float(HEIGHT)
    for status in _present(counts):
        height = HEIGHT * counts[status] / most
        y -= height
        label = f"{counts[status]} {status}"
        yield Bar(
            round(number * wide, 1), round(y, 1), wide - _GAP, round(height, 1), status, label
        )


def _present(counts: Mapping[str, int]) -> Sequence[str]:
    return [status for status in ORDER if counts.get(status)]


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(epoch(text), UTC)
