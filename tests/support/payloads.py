"""JustCall's payloads, one for each kind.

The first four are the published samples. voicemail.received and contact.created have none: they
are built from the fields of a call and of the management API's contact.
"""

from collections.abc import Mapping
from typing import Any

PAYLOADS: Mapping[str, Mapping[str, Any]] = {
    "call.completed": {
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
    },
    "call.missed": {
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
    },
    "sms.received": {
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
    },
    "sms.sent": {
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
    },
    "voicemail.received": {
        "event": "voicemail.received",
        "timestamp": "2026-03-12T14:40:00Z",
        "data": {
            "call_id": "call_2e5f6a7b",
            "direction": "inbound",
            "from": "+14155558765",
            "to": "+14155551234",
            "agent_id": None,
            "duration": 21,
            "status": "voicemail",
            "voicemail_url": "https://recordings.justcall.io/vm_def456.mp3",
        },
    },
    "contact.created": {
        "event": "contact.created",
        "timestamp": "2026-03-12T14:45:00Z",
        "data": {
            "id": 31415926,
            "first_name": "Rachel",
            "last_name": "Green",
            "phone": "+14155559876",
            "email": "rachel@example.com",
            "company": "Friends Inc.",
            "custom_fields": [],
            "created_at": "2026-03-12T14:45:00Z",
        },
    },
}

# The variant in the specification itself: no agent's name, notes or disposition.
CALL_COMPLETED_SHORT: Mapping[str, Any] = {
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
