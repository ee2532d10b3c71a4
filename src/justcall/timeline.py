"""The normalised form in which every kind of event stands on its contact's timeline."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from justcall import phone, subjects
from justcall.catalogue import REPEATABLE
from justcall.models import Call, Conversation, Text

# Where an event without a number stands (a withheld caller, a contact without a phone).
NO_NUMBER = "unknown"
# No number or sender name is longer; what is longer must still fit DynamoDB's partition key.
_LONGEST = 250


class Entry(NamedTuple):
    """One event on a timeline: whose (E.164, or as it came), and what is shown.

    `consent` holds the flags that the event sets, by name: what the contact does not want.
    """

    number: str
    fields: Mapping[str, Any]
    consent: Mapping[str, bool] = MappingProxyType({})


def call_entry(call: Call, outcome: str | None) -> Entry:
    """Return the entry of a call; `outcome` is one word of ours, whatever `status` says."""
    return _entry(
        call,
        outcome=outcome,
        duration_seconds=call.duration,
        ring_seconds=call.ring_duration,
        recording_url=call.recording_url,
        notes=call.notes,
        disposition=call.disposition,
    )


def text_entry(text: Text) -> Entry:
    """Return the entry of a text message."""
    return _entry(text, text=text.body, media=text.media or None)


def number_of(text: str | None, *, international: bool = False) -> str:
    """Return the number under which a timeline is kept; `international`: it may lack its plus."""
    stripped = (text or "").strip()[:_LONGEST]
    # A name of ours for what has no number is not for strangers to use.
    if not stripped or subjects.is_pending(stripped):
        return NO_NUMBER
    return phone.normalise(stripped, international=international)


def _entry(event: Conversation, **fields: object) -> Entry:
    shown = {
        "direction": event.direction.value,
        "justcall_number": number_of(event.justcall_number),
        "agent_id": event.agent_id,
        "agent_name": event.agent_name,
        **fields,
        "unknown_fields": event.unknown_fields() or None,
    }
    return Entry(number_of(event.contact_number), without_nothing(shown))


def without_nothing(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that hold something."""
    return {name: value for name, value in fields.items() if value is not None}


def joined(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a timeline on which entries that tell of one call are one entry.

    It stands at the time of the first, under the key and type of the call rather than of an
    update. Each other field has the value of the newest event that says something of it, whatever
    came first; `events` lists the key, type and time of each.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for entry in sorted(entries, key=lambda one: (one["at"], one["key"])):
        groups.setdefault(entry.get("subject") or entry["key"], []).append(entry)
    return [dict(group[0]) if len(group) == 1 else _join(group) for group in groups.values()]


def _join(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for entry in group:
        unknown = {**whole.get("unknown_fields", {}), **entry.get("unknown_fields", {})}
        whole |= entry
        whole |= {"unknown_fields": unknown} if unknown else {}
    events = [{name: entry[name] for name in ("key", "type", "at")} for entry in group]
    calls = [entry for entry in group if entry["type"] not in REPEATABLE] or group
    named = {name: calls[-1][name] for name in ("key", "type")}
    return whole | named | {"at": group[0]["at"], "events": events}
