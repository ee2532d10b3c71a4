"""What JustCall posts, as documents. `body` gives the bytes as the public samples are written.

Source: JustCall's help articles, kept byte for byte; no sample of voicemail.received,
contact.created, call.updated, sms.delivered and sms.optout is public, so those are built from the fields of a call and of the
API's contact. The numbers are 555 numbers, the people are invented.
"""

import json
from collections.abc import Mapping
from typing import Any

from justcall.catalogue import TYPES
from justcall.envelope import Envelope, read

# The secret of every sample, also the local stack's. It is published: no deployment uses it.
SECRET = "justcall-hooks-sample-secret"

type Document = dict[str, Any]

CALL_COMPLETED: Document = {
    "event": "call.completed",
    "timestamp": "2026-03-12T14:30:00Z",
    "data": {
        "call_id": "call_8f3a2b1c",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "agent_id": 42,
        "agent_name": "Jordan Lee",
        "duration": 185,
        "status": "completed",
        "recording_url": "https://recordings.justcall.io/rec_abc123.mp3",
        "notes": "Customer confirmed renewal.",
        "disposition": "Closed Won",
    },
}

# The same call as another article shows it: without name, notes and disposition.
CALL_COMPLETED_SHORT: Document = {
    "event": "call.completed",
    "timestamp": "2026-03-12T14:30:00Z",
    "data": {
        "call_id": "call_8f3a2b1c",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "agent_id": 42,
        "duration": 185,
        "status": "completed",
        "recording_url": "https://recordings.justcall.io/rec_abc123.mp3",
    },
}

CALL_MISSED: Document = {
    "event": "call.missed",
    "timestamp": "2026-03-12T14:32:00Z",
    "data": {
        "call_id": "call_1d4e5f6a",
        "direction": "inbound",
        "from": "+14155558765",
        "to": "+14155551234",
        "agent_id": None,
        "ring_duration": 30,
        "status": "missed",
    },
}

CALL_ANSWERED: Document = {
    "event": "call.answered",
    "timestamp": "2026-03-12T14:33:10Z",
    "data": {
        "call_id": "call_7b8c9d0e",
        "direction": "inbound",
        "from": "+14155553456",
        "to": "+14155551234",
        "agent_id": 15,
        "agent_name": "Sam Chen",
        "status": "in-progress",
    },
}

# A name that JustCall has not had so far.
UNKNOWN_TYPE: Document = CALL_ANSWERED | {"event": "call.teleported"}

SMS_RECEIVED: Document = {
    "event": "sms.received",
    "timestamp": "2026-03-12T14:35:00Z",
    "data": {
        "message_id": "msg_a1b2c3d4",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "body": "Can I reschedule my appointment to Friday?",
        "media_url": None,
    },
}

SMS_SENT: Document = {
    "event": "sms.sent",
    "timestamp": "2026-03-12T14:36:00Z",
    "data": {
        "message_id": "msg_e5f6g7h8",
        "direction": "outbound",
        "from": "+14155551234",
        "to": "+14155559876",
        "body": "Sure! You are confirmed for Friday at 10 AM.",
        "media_url": None,
        "agent_id": 42,
    },
}

VOICEMAIL_RECEIVED: Document = {
    "event": "voicemail.received",
    "timestamp": "2026-03-12T14:33:00Z",
    "data": {
        "call_id": "call_5e6f7a8b",
        "direction": "inbound",
        "from": "+14155557654",
        "to": "+14155551234",
        "agent_id": None,
        "duration": 21,
        "status": "voicemail",
        "voicemail_url": "https://recordings.justcall.io/vm_def456.mp3",
    },
}

CONTACT_CREATED: Document = {
    "event": "contact.created",
    "timestamp": "2026-03-12T14:38:00Z",
    "data": {
        "id": 918273,
        "first_name": "Robin",
        "last_name": "Vale",
        "phone": "+14155559876",
        "email": "robin.vale@example.com",
        "company": "Example Clinics",
        "custom_fields": [{"key": "plan", "value": "annual"}],
        "created_at": "2026-03-12T14:38:00Z",
    },
}

CALL_UPDATED: Document = {
    "event": "call.updated",
    "timestamp": "2026-03-12T14:41:00Z",
    "data": {
        "call_id": "call_8f3a2b1c",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "notes": "Customer asked for an invoice by mail.",
        "disposition": "Closed Won",
    },
}

SMS_DELIVERED: Document = {
    "event": "sms.delivered",
    "timestamp": "2026-03-12T14:36:05Z",
    "data": {
        "message_id": "msg_e5f6g7h8",
        "direction": "outbound",
        "from": "+14155551234",
        "to": "+14155559876",
    },
}

SMS_OPTOUT: Document = {
    "event": "sms.optout",
    "timestamp": "2026-03-12T14:42:00Z",
    "data": {
        "message_id": "msg_0p7f0u7e",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "body": "STOP",
    },
}

# The other types of the help articles: the same data under another name.
SMS_FAILED: Document = SMS_DELIVERED | {"event": "sms.failed"}
SMS_OPTIN: Document = SMS_OPTOUT | {"event": "sms.optin", "timestamp": "2026-03-12T14:52:00Z"}
FURTHER: Mapping[str, Document] = {
    document["event"]: document for document in (CALL_ANSWERED, SMS_FAILED, SMS_OPTIN)
}

# The type is on the other dialect's list only.
APPOINTMENT_SCHEDULED: Document = {
    "event": "appointment.scheduled",
    "timestamp": "2026-03-12T14:43:00Z",
    "data": {
        "id": 78,
        "contact_number": "+14155559876",
        "appointment_time": "2026-03-20 9:00:00",
    },
}

# A body-signed sample for each kind of the catalogue, which a contract test compares.
BY_KIND: Mapping[str, Document] = {
    TYPES[document["event"]]: document
    for document in (
        CALL_COMPLETED,
        CALL_MISSED,
        SMS_RECEIVED,
        SMS_SENT,
        VOICEMAIL_RECEIVED,
        CONTACT_CREATED,
        CALL_UPDATED,
        SMS_DELIVERED,
        SMS_OPTOUT,
        APPOINTMENT_SCHEDULED,
    )
}


def body(document: object) -> bytes:
    """Return a document as bytes, laid out as the public samples are."""
    return (json.dumps(document, indent=2) + "\n").encode()


def changed(document: Document, **data: Any) -> Document:
    """Return a copy with other values in its `data`; `from_` stands for `from`."""
    fields = {name.removesuffix("_"): value for name, value in data.items()}
    return {**document, "data": {**document["data"], **fields}}


def envelope(document: Document) -> Envelope:
    """Return a document as the processors get it."""
    return read(body(document))
