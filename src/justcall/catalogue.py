"""Which types JustCall sends, and to which kind of event each belongs.

A **type** is JustCall's word; a **kind** is ours: one queue, one processor. Several types that are
acted on alike are one kind. `call.completed` (kind) ⇄ `call_completed` (module, end of the queue's
name) ⇄ `CallCompleted` (logical ids in the template). A type that is not in this table is kept as
*unhandled*. A test compares this table with the modules, the template and the samples.
"""

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "call.completed": "A call ends (inbound or outbound)",
        "call.missed": "An inbound call is not answered",
        "sms.received": "An inbound SMS or WhatsApp message arrives",
        "sms.sent": "An outbound SMS or WhatsApp message is sent",
        "voicemail.received": "A caller leaves a voicemail",
        "contact.created": "A new contact is added to JustCall",
        "call.updated": "Something more is known of a call",
        "message.status": "A message is delivered, or is not",
        "consent.changed": "A contact may be called or texted no more, or again",
        "appointment.scheduled": "A contact has an appointment",
    }
)

# Sources: the specification's table "Available Event Types" and JustCall's help articles for the
# body-signed dialect; the catalogue of JustCall's developer site for the url-signed one.
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "call.incoming": "call.updated",
        "call.initiated": "call.updated",
        "call.answered": "call.updated",
        "call.enters_queue": "call.updated",
        "call.exits_queue": "call.updated",
        "call.missed": "call.missed",
        "call.voicemail": "voicemail.received",
        "call.completed": "call.completed",
        "call.updated": "call.updated",
        "call.ai_voice_agent": "call.updated",
        "jc.call_ai_generated": "call.updated",
        "sd.call_completed": "call.completed",
        "sd.call_updated": "call.updated",
        "sd.call_ai_generated": "call.updated",
        "voicemail.received": "voicemail.received",
        "sms.received": "sms.received",
        "sms.sent": "sms.sent",
        # Both directions; the message says which.
        "sms.sent_received": "sms.received",
        "sms.status_updated": "message.status",
        "sms.delivered": "message.status",
        "sms.failed": "message.status",
        "sms.optout": "consent.changed",
        "sms.optin": "consent.changed",
        "whatsapp.message_received": "sms.received",
        "whatsapp.message_sent": "sms.sent",
        "whatsapp.message_status_updated": "message.status",
        "jc.contact_status_updated": "consent.changed",
        "contact.created": "contact.created",
        "appointment.scheduled": "appointment.scheduled",
    }
)
# JustCall sends these once for each object, as a rule: the first content has the key alone, any
# other its hash too. All other types, also those that nobody knows yet, always have the hash. Never
# add to this set: an event that is on the ledger under the longer key would be acted on twice.
ONCE = frozenset(
    {
        "call.incoming",
        "call.initiated",
        "call.answered",
        "call.missed",
        "call.voicemail",
        "call.completed",
        "sd.call_completed",
        "voicemail.received",
        "sms.received",
        "sms.sent",
        "sms.sent_received",
        "whatsapp.message_received",
        "whatsapp.message_sent",
        "contact.created",
    }
)
# JustCall sends these repeatedly for one object: updates, statuses, moves in a queue.
REPEATABLE = frozenset(TYPES) - ONCE


def kind_of(event_type: str) -> str | None:
    """Return the kind that a type belongs to, None if no processor handles it."""
    return TYPES.get(event_type)


def module_name(kind: str) -> str:
    """Return the kind's module name, which also ends its queues' names."""
    return kind.replace(".", "_")


def logical_name(kind: str) -> str:
    """Return the prefix of the kind's logical ids in the template."""
    return module_name(kind).title().replace("_", "")
