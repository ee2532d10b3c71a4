"""How url-signed events stand on a contact's timeline: the same words as the body-signed ones."""

from types import MappingProxyType
from typing import Any

from justcall.models import Direction
from justcall.timeline import Entry, number_of, without_nothing
from justcall.url_models import Call, Message, Told

# Their words for how a call ended, in any case, and ours.
_OUTCOMES = MappingProxyType(
    {
        "answered": "completed",
        "missed": "missed",
        "voicemail": "voicemail",
        "unanswered": "unanswered",
        "abandoned": "abandoned",
    }
)


def call_entry(call: Call, outcome: str | None) -> Entry:
    """Return the entry of a call; its own word for the outcome goes before `outcome`."""
    info, took = call.call_info, call.call_duration
    said = (info.type or "").strip().lower()
    # JSON has no endless numbers, which Python reads; what nobody has a type for may hold some.
    free = call.model_dump(mode="json", include={"justcall_ai", "campaign"})
    return _entry(
        call,
        direction=info.direction,
        own_number=call.own_number,
        outcome=_OUTCOMES.get(said, said or outcome),
        duration_seconds=took.conversation_time
        if took.conversation_time is not None
        else took.total_duration,
        ring_seconds=took.ring_time,
        recording_url=info.recording,
        notes=info.notes,
        disposition=info.disposition,
        missed_reason=info.missed_call_reason,
        text=info.voicemail_transcription,
        ai=free["justcall_ai"] or None,
        campaign=free["campaign"] or None,
    )


def message_entry(message: Message, direction: Direction | None) -> Entry:
    """Return the entry of a message; what it says of its direction goes before the type's."""
    return _entry(
        message,
        direction=message.direction or direction,
        own_number=message.justcall_number,
        text=message.sms_info.body,
        media=message.media or None,
        delivery_status=(message.delivery_status or "").lower() or None,
        medium=message.medium,
    )


def _entry(told: Told, direction: Direction | None, own_number: str | None, **fields: Any) -> Entry:
    shown = {
        "direction": direction.value if direction else None,
        "justcall_number": number_of(own_number, international=True) if own_number else None,
        "agent_id": told.agent_id,
        "agent_name": told.agent_name,
        "contact_name": told.contact_name,
        **fields,
        "unknown_fields": told.unknown_fields() or None,
    }
    return Entry(number_of(told.contact_number, international=True), without_nothing(shown))
