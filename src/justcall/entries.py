"""The entries that events make: the same words for both dialects."""

from collections.abc import Mapping
from types import MappingProxyType

from justcall.catalogue import ONCE, TYPES
from justcall.consent import Change, Words, change_by_text
from justcall.envelope import Envelope
from justcall.fields import is_empty
from justcall.models import Call, EventData, Message
from justcall.parties import parties_of
from justcall.phone import NO_NUMBER
from justcall.subjects import subjects_of
from justcall.timeline import Entry
from justcall.values import INBOUND

# JustCall's words for how a call ended that are not ours.
_OUTCOMES: Mapping[str, str] = MappingProxyType({"answered": "completed"})
_UPDATES = frozenset({"call.updated", "message.status"})


def call_entry(envelope: Envelope, call: Call, outcome: str | None = None, **own: object) -> Entry:
    """Return the entry of a call; `outcome` is its type's, where the call itself has no word."""
    fields = {
        **call.pick("call_sid", "call_id", "id", "status"),
        "outcome": _outcome(call.outcome) or outcome,
        "outcome_given": call.outcome,
        "duration_seconds": call.duration,
        "ring_seconds": call.ring_duration,
        **call.pick("recording_url", "notes", "disposition"),
        "missed_reason": call.missed_call_reason,
        "text": call.transcription,
        "ai": call.justcall_ai,
        "campaign": call.campaign,
    }
    return entry_of(envelope, call, **fields | own)


def _outcome(given: str | None) -> str | None:
    word = (given or "").strip().lower()
    return _OUTCOMES.get(word, word) or None


def message_entry(envelope: Envelope, message: Message, **own: object) -> Entry:
    """Return the entry of a text message."""
    fields = {
        **message.pick("message_id", "id", "media", "delivery_status", "medium"),
        "text": message.body,
    }
    return entry_of(envelope, message, **fields | own)


def text_entry(envelope: Envelope, message: Message, words: Words) -> Entry:
    """Return the entry of a text message, and the change of consent that an inbound one makes."""
    entry = message_entry(envelope, message)
    if entry.fields.get("direction") != INBOUND:
        return entry
    return with_consent(entry, change_by_text(message.body, words))


def with_consent(entry: Entry, change: Change) -> Entry:
    """Return the entry with the flags that it sets or clears; nobody's where no number is known."""
    if entry.number in (None, NO_NUMBER) or not any(change):
        return entry
    fields = {**entry.fields, **({"consent": dict(change.flags)} if change.flags else {})}
    return entry._replace(fields=fields, consent=change.flags, consent_if_set=change.if_set)


def entry_of(envelope: Envelope, event: EventData, **fields: object) -> Entry:
    """Return the entry of an event with its own `fields`, and all that no model names."""
    parties, subjects = parties_of(event, envelope.type), subjects_of(envelope)
    number = parties.number
    if number == NO_NUMBER and not parties.withheld and _is_update(envelope):
        number = None  # an update need not repeat whose call it is
    if number is None and not subjects:
        number = NO_NUMBER
    shown = {
        **parties.fields,
        **event.pick("agent_id", "agent_name", "agent_email", "contact_name", "contact_email"),
        **event.pick("justcall_line_name"),
        **fields,
        **event.pick("unknown_fields", "unfit"),
    }
    held = {name: one for name, one in shown.items() if one is False or not is_empty(one)}
    return Entry(number, held, subjects=subjects)


def _is_update(envelope: Envelope) -> bool:
    return envelope.type not in ONCE and TYPES.get(envelope.type) in _UPDATES
