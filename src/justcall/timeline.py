"""The normalised form in which every kind of event is kept on its contact's timeline."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from justcall.catalogue import ONCE
from justcall.envelope import BODY_SIGNED
from justcall.fields import is_empty
from justcall.phone import NO_NUMBER, number_of
from justcall.subjects import is_subject

__all__ = ["NO_NUMBER", "Entry", "joined", "number_of"]
# The steps of a call and of a message, in order, by words of the types. The last match counts.
_STAGES = ("initiated", "incoming", "enters", "exits", "answered", "sent", "received", "missed",
           "voicemail", "completed", "delivered", "failed", "updated", "ai_")  # fmt: skip
# The fields that describe the event itself, not its call.
_SOURCE = ("key", "type", "dialect", "received_at")
# Ends of the names of unknown fields that are durations, which may come as texts.
_DURATIONS = ("time", "duration", "seconds")
_STATUSES = ("queued", "sending", "sent", "delivered", "read", "undelivered", "failed")


class Entry(NamedTuple):
    """One event on a timeline.

    `number` is the contact's (E.164, or as it came), `unknown` for a withheld caller, None for an
    event that does not name its contact; that belongs to the first of its `subjects`. `consent` has
    the flags that the event sets or clears, `consent_if_set` the flags that it changes only if set.
    """

    number: str | None
    fields: Mapping[str, Any]
    consent: Mapping[str, bool] = MappingProxyType({})
    subjects: Sequence[str] = ()
    consent_if_set: Mapping[str, bool] = MappingProxyType({})


def joined(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a timeline on which entries that share a subject, directly or through others, are one.

    A joined entry has the time of its first event, and the key, type and dialect of the call's own
    event, not of an update. Each other field has the value of the newest event that has the field,
    in any order of arrival; a body-signed event wins over url-signed ones. `events` lists all
    events by time.
    """
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = name = parents[parent]
        return name

    ordered = sorted(entries, key=_order)
    for entry in ordered:
        first, *others = names_of(entry)
        for other in others:
            parents[root(other)] = root(first)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for entry in ordered:
        groups.setdefault(root(names_of(entry)[0]), []).append(entry)
    return sorted(map(_merge_group, groups.values()), key=lambda one: (one["at"], one["key"]))


def names_of(entry: Mapping[str, Any]) -> Sequence[str]:
    """Return the subjects of an entry; one that stands alone has its key as its name."""
    return entry.get("subjects") or (entry["key"],)


def events_of(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the events of a joined entry, which is one event or lists several."""
    events: Sequence[Mapping[str, Any]] = entry.get("events", (entry,))
    return events


def keys_of(entry: Mapping[str, Any]) -> list[str]:
    """Return the keys of the events of a joined entry."""
    return [one["key"] for one in events_of(entry)]


def is_number(contact: str) -> bool:
    """Tell whether a contact is a number: not `unknown`, and not a thing such as `call:ID`."""
    return contact != NO_NUMBER and not is_subject(contact)


def _order(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the sort key: dialect, second, step of the call, time, arrival."""
    stage = max((i for i, word in enumerate(_STAGES) if word in entry["type"]), default=0)
    status = entry.get("delivery_status")
    place = _STATUSES.index(status) if status in _STATUSES else -1
    strong = entry.get("dialect") == BODY_SIGNED
    last = entry["at"], entry.get("received_at", ""), entry["key"]
    return strong, entry["at"][:19], stage, place, *last


def _merge_group(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len(group) == 1:
        return dict(group[0])
    merged: dict[str, Any] = {}
    for entry in group:
        merged = _merge(merged, entry)
    by_time = sorted(group, key=lambda entry: _order(entry)[1:])
    events = [_pick(entry, (*_SOURCE, "at")) for entry in by_time]
    calls = [entry for entry in group if entry["type"] in ONCE] or group
    source = _pick(calls[-1], _SOURCE)
    subjects = dict.fromkeys(name for entry in group for name in entry.get("subjects", ()))
    at = min(entry["at"] for entry in group)
    return merged | source | {"at": at, "subjects": list(subjects), "events": events}


def _pick(entry: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: entry[name] for name in names if name in entry}


def _merge(older: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; an empty value of the newer does not replace a value of the older."""
    merged = dict(older)
    for name, value in newer.items():
        old = older.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[name] = _merge(old, value)
        elif name not in older or not (
            _is_emptier(name, value, old) or _is_implied(name, older, newer)
        ):
            merged[name] = value
    return merged


def _is_implied(name: str, older: Mapping[str, Any], newer: Mapping[str, Any]) -> bool:
    """Tell whether the older has JustCall's word for this outcome, and the newer only its type's.

    Every call is completed some time. That there is a voicemail, only the type says.
    """
    given = "outcome_given" in older and "outcome_given" not in newer
    return name == "outcome" and given and newer[name] in ("completed", "missed")


def _is_emptier(name: str, value: object, old: object) -> bool:
    """Tell whether a newer value is empty, or 0 because a step has not happened yet."""
    if name == "number" and isinstance(value, str) and not is_number(value):
        return True
    if isinstance(old, bool):
        return _is_blank(value) and value is not False
    zero = value == 0 or (name.endswith(_DURATIONS) and value in ("0", "0.0"))
    return (_is_blank(value) or zero) and not _is_blank(old)


def _is_blank(value: object) -> bool:
    """Tell whether a value, or everything in it, is empty."""
    if isinstance(value, dict):
        return all(map(_is_blank, value.values()))
    if isinstance(value, list):
        return all(map(_is_blank, value))
    return is_empty(value)
