"""Missed calls and their callers' timelines, by queries of the two indexes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from cli.reading import events, table
from cli.reading.events import Wanted
from cli.reading.table import Document
from cli.stack import Stack
from justcall import missed
from justcall.catalogue import kind_of
from justcall.event import PROCESSED
from justcall.missed import Caller, Entry
from justcall.timeline import joined, keys_of
from ledger import schema, timelines

# Kinds whose events can say that a call was missed.
_KINDS = missed.KINDS | {"call.completed"}
_THREADS = 16


def callers(stack: Stack, since: datetime, *, unreturned: bool) -> list[Document]:
    """Return who was missed since a time of arrival, the newest first; or only the unreturned."""
    keys = arrived(stack, Wanted(PROCESSED, None, since), _KINDS)
    entries = read(stack, keys)
    calls = [call for call in joined(entries) if missed.is_missed(call)]
    histories = timelines_of(stack, calls, entries)
    # From the whole timeline: a later event may say that somebody answered.
    wanted = set(keys)
    arrived_calls = [
        call
        for timeline in histories.values()
        for call in timeline
        if missed.is_missed(call) and wanted & set(keys_of(call))
    ]
    rows = [_caller(one, histories) for one in missed.callers(arrived_calls)]
    return [row for row in rows if row["unreturned"] or not unreturned]


def arrived(stack: Stack, wanted: Wanted, kinds: Iterable[str]) -> list[str]:
    """Return the keys of events of some kinds that arrived in a window, oldest first."""
    kinds = set(kinds)
    return [key for key in events.keys(stack, wanted) if kind_of(schema.type_of(key)) in kinds]


def read(stack: Stack, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return the timeline entries of processed events, without damaged ones."""
    items = [item for item in table.items(stack, keys) if "entry" in item]
    return [entry for item in items for entry in timelines.readable(item)]


def timelines_of(
    stack: Stack, calls: Sequence[Entry], entries: Iterable[dict[str, Any]]
) -> Mapping[str | None, list[dict[str, Any]]]:
    """Return the joined timeline of each number that missed calls came from.

    `entries` are the events that were read already; calls without a number are under None.
    """
    oldest: dict[str, str] = {}
    for call in calls:
        if number := missed.number_of(call):
            oldest[number] = min(call["at"], oldest.get(number, call["at"]))
    own = {entry["key"]: entry for entry in entries}
    with ThreadPoolExecutor(_THREADS) as pool:
        histories = pool.map(lambda one: list(_since(stack, *one)), oldest.items())
    by_number: dict[str | None, list[dict[str, Any]]] = {
        number: joined(({one["key"]: one for one in rows} | _of(number, calls, own)).values())
        for number, rows in zip(oldest, histories, strict=True)
    }
    return by_number | {None: joined(_of(None, calls, own).values())}


def _of(
    number: str | None, calls: Sequence[Entry], entries: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the events of a number's missed calls among those read: the index may lag behind."""
    own = (key for call in calls if missed.number_of(call) == number for key in keys_of(call))
    return {key: entries[key] for key in own if key in entries}


def _since(stack: Stack, number: str, at: str) -> Iterator[dict[str, Any]]:
    rows = table.query(
        stack,
        "contact = :contact AND #at >= :since",
        {":contact": number, ":since": missed.look_back(at)},
        IndexName=schema.TIMELINE_INDEX,
        ExpressionAttributeNames={"#at": "at"},  # a reserved word
    )
    return (entry for row in rows for entry in timelines.readable(row))


def _caller(caller: Caller, histories: Mapping[str | None, list[dict[str, Any]]]) -> Document:
    timeline = histories.get(caller.number, ())
    last = caller.calls[-1]
    returns = [missed.returned_at(call, timeline) for call in caller.calls]
    names = [call.get("contact_name") for call in caller.calls]
    return {
        "number": caller.number,
        "contact_name": next(filter(None, reversed(names)), None),
        "line": caller.line,
        "line_name": last.get("justcall_line_name"),
        "missed": len(caller.calls),
        "unreturned": returns.count(None),
        "voicemail": any(one.get("outcome") == missed.VOICEMAIL for one in caller.calls),
        "first_at": caller.calls[0]["at"],
        "last_at": last["at"],
        "returned_at": returns[-1],
        "keys": [key for call in caller.calls for key in keys_of(call)],
    }
