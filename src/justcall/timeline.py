"""The normalised form in which every kind of event stands on its contact's timeline."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from justcall import phone
from justcall.models import Call, Conversation, Text

# Where an event without a number stands (a withheld caller, a contact without a phone).
NO_NUMBER = "unknown"
# No number or sender name is longer; what is longer must still fit DynamoDB's partition key.
_LONGEST = 250


class Entry(NamedTuple):
    """One event on a timeline: whose (E.164, or as it came), and what is shown."""

    number: str
    fields: Mapping[str, Any]


def call_entry(call: Call, outcome: str) -> Entry:
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


def number_of(text: str | None) -> str:
    """Return the number under which a timeline is kept."""
    stripped = (text or "").strip()[:_LONGEST]
    return phone.normalise(stripped) if stripped else NO_NUMBER


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
