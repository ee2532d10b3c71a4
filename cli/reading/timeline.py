"""A contact's timeline, from the index `timeline`: calls and messages joined from their events."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from cli.reading import recordings, table
from cli.reading.table import Document, Item, Page
from cli.stack import Stack
from justcall.timeline import NO_NUMBER, events_of, joined
from ledger import bodies, schema

# Maximum events of a contact that are read at once; the caller says how to continue.
MAX_EVENTS = 5000
_THREADS = 16


def timeline(stack: Stack, contact: str, limit: int, before: str | None = None) -> Page:
    """Return the `limit` calls, messages and other entries with the newest events.

    Each is complete: all of its events that are on the timeline or stored under its own id.
    `before` (exclusive) leaves out those with newer events. Withheld callers' timeline is newest
    first.
    """
    rows, more = _take(
        contact_rows(stack, contact, f"< {before}" if before else ""), MAX_EVENTS, _at
    )
    events = {one["key"]: one for one in [*rows, *_listed(stack, contact, before)]}
    calls = [one for one in joined(events.values()) if not before or _newest(one) < before]
    calls.sort(key=_newest, reverse=True)
    shown, cut = _take(calls, limit, _newest)
    own = [events[event["key"]] for call in shown for event in events_of(call)]
    entries = joined([*own, *_unnamed(stack, own)])
    recordings.join(stack, entries)
    rest = _newest(shown[-1]) if cut else rows[-1]["at"] if more else None
    return Page(entries[::-1] if contact == NO_NUMBER else entries, rest)


def _listed(stack: Stack, contact: str, before: str | None) -> list[Document]:
    """Return the events that earlier pages listed, so that their calls are not listed again.

    If they are too many to read at once, an earlier page may have cut a call at its oldest event.
    So calls are listed again then, with their older events.
    """
    if not before:
        return []
    listed, more = _take(contact_rows(stack, contact, f">= {before}"), MAX_EVENTS, _at)
    return [] if more else listed


def _at(entry: Document) -> str:
    at: str = entry["at"]
    return at


def _take[One](
    ordered: Iterable[One], limit: int, moment: Callable[[One], str]
) -> tuple[list[One], bool]:
    """Return the first `limit`, with those of the last one's moment; and whether there are more."""
    rest = iter(ordered)
    taken = list(islice(rest, limit))
    for one in rest:
        if moment(one) != moment(taken[-1]):
            return taken, True
        taken.append(one)
    return taken, False


def _newest(entry: Document) -> str:
    newest: str = max(event["at"] for event in events_of(entry))
    return newest


def _unnamed(stack: Stack, named: Sequence[Document]) -> list[Document]:
    """Return the events that do not name the contact: they are stored under their call's id."""
    unnamed: dict[str, Document] = {}
    followed: set[str] = set()
    with ThreadPoolExecutor(_THREADS) as pool:
        while subjects := _subjects([*named, *unnamed.values()]) - followed:
            followed |= subjects
            for rows in pool.map(lambda one: list(contact_rows(stack, one)), sorted(subjects)):
                unnamed |= {one["key"]: one for one in rows}
    keys = {one["key"] for one in named}
    return [one for key, one in unnamed.items() if key not in keys]


def _subjects(entries: Iterable[Document]) -> set[str]:
    return {subject for one in entries for subject in one.get("subjects", ())}


def contact_rows(stack: Stack, contact: str, times: str = "") -> Iterator[Document]:
    """Yield a contact's entries, newest first, page by page; `times` is such as `< 2026-03-12`."""
    condition, values = "contact = :contact", {":contact": contact}
    names = {}
    if times:
        operator, values[":at"] = times.split(" ")
        condition += f" AND #at {operator} :at"
        names = {"ExpressionAttributeNames": {"#at": "at"}}  # a reserved word
    index = {"IndexName": schema.TIMELINE_INDEX, "ScanIndexForward": False}
    return map(entry_of, table.query(stack, condition, values, **index, **names))


def entry_of(row: Item) -> Document:
    """Return the entry of a ledger item or of its row; a damaged one has its place only."""
    try:
        return bodies.unpack_entry(row)
    except (zlib.error, ValueError, KeyError):
        # `hooks show` has the event; a damaged entry hides no other.
        key = schema.key_of(row["pk"]["S"])
        dialect = row["dialect"]["S"]
        return {"at": row["at"]["S"], "key": key, "type": schema.type_of(key), "dialect": dialect}
