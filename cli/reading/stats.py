"""The figures of one day by line and agent, from the events themselves: there are no counters."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from cli.reading import calls
from cli.reading.events import Wanted
from cli.reading.table import Document
from cli.stack import Stack
from justcall import missed
from justcall.catalogue import ONCE
from justcall.event import PROCESSED
from justcall.missed import Entry
from justcall.moments import epoch
from justcall.timeline import events_of, joined
from ledger import schema
from notices.notice import agent_of

_CALLS = ("call.completed", "call.missed", "voicemail.received", "call.updated")
_TEXTS = ("sms.received", "sms.sent")
# JustCall retries for two hours; the processor reads no clock that is ten minutes ahead.
_ARRIVES_BEFORE, _ARRIVES_AFTER = timedelta(minutes=10), timedelta(days=1)

type Timelines = Mapping[str | None, list[dict[str, Any]]]


class _Row(NamedTuple):
    """The calls and texts of one agent on one line."""

    line: str | None
    agent: str | None
    entries: list[Entry]


def of_day(stack: Stack, day: date) -> list[Document]:
    """Return a day's figures (UTC), by the events' own times; events may be a day late."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = start + timedelta(days=1)
    wanted = Wanted(PROCESSED, None, start - _ARRIVES_BEFORE, end + _ARRIVES_AFTER)
    keys = calls.arrived(stack, wanted, (*_CALLS, *_TEXTS))
    entries = calls.read(stack, [*keys, *_first_events(keys)])
    of_the_day = [
        entry
        for entry in joined(entries)
        if entry["at"][:10] == day.isoformat() and (missed.is_text(entry) or _is_call(entry))
    ]
    lost = [entry for entry in of_the_day if not missed.is_text(entry) and missed.is_missed(entry)]
    timelines = calls.timelines_of(stack, lost, entries)
    return [_figures(row, timelines) for row in _rows(of_the_day)]


def _first_events(keys: Sequence[str]) -> list[str]:
    """Return the keys of the first events, which may be older, of calls that were sent again."""
    again = (key for key in keys if key.count(":") == 2 and schema.type_of(key) in ONCE)
    return [key.rpartition(":")[0] for key in again]


def _is_call(entry: Entry) -> bool:
    """Tell whether an entry is a call, and not only updates of an older one."""
    types = {one["type"] for one in events_of(entry)}
    return any(
        name in ONCE and not name.startswith(("sms", "whatsapp", "contact")) for name in types
    )


def _rows(entries: Iterable[Entry]) -> list[_Row]:
    rows: dict[tuple[str | None, str | None], _Row] = {}
    for entry in entries:
        line, agent = entry.get("justcall_number"), agent_of(entry)
        rows.setdefault((line, agent), _Row(line, agent, [])).entries.append(entry)
    return sorted(rows.values(), key=lambda row: (row.line or "", row.agent or ""))


def _figures(row: _Row, timelines: Timelines) -> Document:
    texts = [one for one in row.entries if missed.is_text(one)]
    every = [one for one in row.entries if not missed.is_text(one)]
    lost = [one for one in every if missed.is_missed(one)]
    answered = [one for one in every if one.get("outcome") == "completed"]
    waits = [seconds for one in lost if (seconds := _seconds(one, timelines)) is not None]
    return {
        "line": row.line,
        "line_name": _last(row.entries, "justcall_line_name"),
        "agent": row.agent,
        "agent_name": _last(row.entries, "agent_name"),
        "calls": len(every),
        "answered": len(answered),
        "missed": len(lost),
        "returned": len(waits),
        "return_seconds": round(median(waits)) if waits else None,
        "talk_seconds": round(sum(one.get("duration_seconds") or 0 for one in answered)),
        "texts": len(texts),
    }


def _seconds(call: Entry, timelines: Timelines) -> float | None:
    """Return how long a missed call waited until it was returned, None if it was not."""
    returned = missed.returned_at(call, timelines.get(missed.number_of(call), ()))
    return epoch(returned) - epoch(call["at"]) if returned else None


def _last(entries: Sequence[Entry], name: str) -> str | None:
    return next((one[name] for one in reversed(entries) if one.get(name)), None)
