"""Missed calls, and whether somebody returned them.

A missed call is returned by any later call or text with the same number, in either direction: the
company calls or texts, the caller texts, or calls again and is answered. Another missed call or a
voicemail returns nothing. All functions take entries of `justcall.timeline.joined`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from justcall.catalogue import kind_of
from justcall.moments import epoch, iso
from justcall.timeline import events_of, is_number
from justcall.values import OUTBOUND

type Entry = Mapping[str, Any]

# Kinds of the events of missed calls. A call.completed may have the outcome of one too.
KINDS = frozenset({"call.missed", "voicemail.received"})
VOICEMAIL = "voicemail"
# How long before a missed call its caller's timeline is read. JustCall may send another event of an
# older call or text; only the first event shows that it was before the missed call.
_LOOK_BACK = timedelta(days=7)
_OUTCOMES = frozenset({"missed", VOICEMAIL, "abandoned", "unanswered"})
_COMPLETED = "completed"
# Events that show that a call took place; an update may be of a call of last week.
_ANSWERED = frozenset({"call.answered", "call.completed", "sd.call_completed"})
_DIALED = _ANSWERED | {"call.initiated"}
_TEXTS = frozenset({"sms.received", "sms.sent"})
_NOT_DELIVERED = frozenset({"failed", "undelivered"})


class Caller(NamedTuple):
    """The missed calls of one caller to one line, oldest first.

    `number` is None for callers whose number is withheld or not known.
    """

    number: str | None
    line: str | None
    calls: Sequence[Entry]


def number_of(entry: Entry) -> str | None:
    """Return the contact's number, None if it is withheld or not known."""
    number: str = entry["number"]
    return number if is_number(number) else None


def look_back(at: str) -> str:
    """Return since when the timeline of a caller is read whose call was missed at a moment."""
    return iso(epoch(at) - _LOOK_BACK.total_seconds())


def is_missed(entry: Entry) -> bool:
    """Tell whether an entry is an inbound call that nobody answered."""
    outcome = entry.get("outcome")
    if entry.get("direction") == OUTBOUND or outcome == _COMPLETED:
        return False
    kinds = {kind_of(name) for name in _types(entry)}
    return bool(kinds & KINDS) or ("call.completed" in kinds and outcome in _OUTCOMES)


def returned_at(call: Entry, timeline: Iterable[Entry]) -> str | None:
    """Return when a missed call was returned; None if it was not, or the caller has no number."""
    if number_of(call) is None:
        return None
    later = (one["at"] for one in timeline if one["at"] > call["at"] and is_contact(one))
    return min(later, default=None)


def is_unreturned(entry: Entry, timeline: Iterable[Entry]) -> bool:
    """Tell whether an entry is a missed call that nobody returned."""
    return is_missed(entry) and returned_at(entry, timeline) is None


def is_contact(entry: Entry) -> bool:
    """Tell whether an entry is a text, or a call that was dialed by us or answered by us."""
    types = _types(entry)
    outbound = entry.get("direction") == OUTBOUND
    if is_text(entry):
        return not (outbound and _failed(entry, types))
    if outbound:
        return bool(types & _DIALED)
    return bool(types & _ANSWERED) and not is_missed(entry)


def is_text(entry: Entry) -> bool:
    """Tell whether an entry is a text, and not only a status of one."""
    return any(kind_of(name) in _TEXTS for name in _types(entry))


def callers(calls: Iterable[Entry]) -> list[Caller]:
    """Return missed calls by caller and line; the caller with the newest call is first."""
    groups: dict[tuple[str | None, str | None], list[Entry]] = {}
    for call in sorted(calls, key=lambda one: (one["at"], one["key"])):
        groups.setdefault((number_of(call), call.get("justcall_number")), []).append(call)
    rows = [Caller(number, line, group) for (number, line), group in groups.items()]
    return sorted(rows, key=lambda one: str(one.calls[-1]["at"]), reverse=True)


def _failed(entry: Entry, types: set[str]) -> bool:
    # A body-signed text that failed has an event of its own that says so.
    failed = "sms.failed" in types and "sms.delivered" not in types
    return failed or entry.get("delivery_status") in _NOT_DELIVERED


def _types(entry: Entry) -> set[str]:
    return {one["type"] for one in events_of(entry)}
