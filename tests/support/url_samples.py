"""What JustCall posts in the url-signed dialect: one document for each of the 23 types.

Source: the field lists of JustCall's developer site. Only `jc.contact_status_updated` and the
envelope are public as whole samples; the others are **built from the documented fields**. Numbers
have no plus, hours may come unpadded, and case varies, as documented. The people are invented.
"""

from collections.abc import Mapping
from typing import Any

from justcall.url_signature import TIMESTAMP_HEADER, VERSION, VERSION_HEADER, sign
from tests.support.samples import SECRET, Document

URL = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/webhooks/justcall"
TIMESTAMP = "2026-03-12 14:40:00"

_CONTACT: Document = {
    "contact_number": "14155559876",
    "contact_name": "Robin Vale",
    "contact_email": "robin.vale@example.com",
}
_AGENT: Document = {
    "agent_id": 42,
    "agent_name": "Jordan Lee",
    "agent_email": "jordan.lee@example.com",
}
_LINE: Document = {"justcall_number": "14155551234", "justcall_line_name": "Reception"}


def _call(sid: str, outcome: str, **info: Any) -> Document:
    return {
        "id": 1180123,
        "call_sid": sid,
        **_CONTACT,
        **_LINE,
        **_AGENT,
        "call_date": "2026-03-12",
        "call_time": "9:26:55",
        "call_user_date": "2026-03-12",
        "call_user_time": "2:26:55",
        "call_info": {
            "direction": "Incoming",
            "type": outcome,
            "missed_call_reason": "",
            "status": "Archived",
            "disposition": "",
            "notes": "",
            "rating": "",
            "recording": "",
            "voicemail_transcription": "",
            **info,
        },
        "call_duration": {
            "total_duration": 216,
            "friendly_duration": "03:36",
            "conversation_time": 185,
            "ring_time": 9,
            "hold_time": 22,
        },
        "ivr_info": {"digit_pressed": "2", "ivr_name": "Main menu"},
        "justcall_ai": {},
    }


def _dialer_call(sid: str, outcome: str) -> Document:
    call = _call(sid, outcome)
    del call["justcall_number"], call["justcall_line_name"], call["id"]
    return call | {
        "call_id": 90017,
        "sales_dialer_number": "14155551234",
        "campaign": {"id": 7, "name": "Renewals", "type": "Autodial"},
    }


def _sms(number: int, direction: str, body: str, **more: Any) -> Document:
    return {
        "id": number,
        **_CONTACT,
        **_LINE,
        **_AGENT,
        "sms_date": "2026-03-12",
        "sms_time": "9:35:00",
        "direction": direction,
        "sms_info": {"body": body, "is_mms": "No", "mms": []},
        "delivery_status": "delivered",
        "is_deleted": False,
        "medium": "sms",
        **more,
    }


_AI = {"justcall_ai": {"call_summary": "Renewal discussed.", "customer_sentiment": "Positive"}}
_MMS = {"body": "", "is_mms": "Yes", "mms": [
    {"media_url": "https://media.example.com/1.png", "content_type": "image/png"}]}  # fmt: skip

DATA: Mapping[str, Document] = {
    "call.incoming": _call("CA01", ""),
    "call.initiated": _call("CA02", "", direction="Outgoing"),
    "call.answered": _call("CA01", "Answered"),
    "call.enters_queue": _call("CA03", ""),
    "call.exits_queue": _call("CA03", ""),
    "call.missed": _call("CA04", "Missed", missed_call_reason="No one answered"),
    "call.voicemail": _call(
        "CA05", "Voicemail", recording="https://r.example.com/vm", voicemail_transcription="Call me"
    ),
    "call.completed": _call("CA01", "Answered", recording="https://r.example.com/1"),
    "call.updated": _call("CA01", "Answered", notes="Wants an invoice", disposition="Closed Won"),
    "call.ai_voice_agent": _call("CA06", "Answered") | _AI,
    "jc.call_ai_generated": _call("CA01", "Answered") | _AI,
    "sd.call_completed": _dialer_call("CA07", "Answered"),
    "sd.call_updated": _dialer_call("CA07", "Answered") | {"rating": "5"},
    "sd.call_ai_generated": _dialer_call("CA07", "Answered") | _AI,
    "sms.sent_received": _sms(501, "Incoming", "See you at ten"),
    "sms.sent": _sms(502, "Outgoing", "You are confirmed"),
    "sms.received": _sms(501, "Incoming", "See you at ten"),
    "sms.status_updated": _sms(502, "Outgoing", "You are confirmed", delivery_status="failed"),
    "whatsapp.message_sent": _sms(601, "Outgoing", "Hello", medium="whatsapp"),
    "whatsapp.message_received": _sms(602, "Incoming", "", medium="whatsapp", sms_info=_MMS),
    "whatsapp.message_status_updated": _sms(
        601, "Outgoing", "Hello", medium="whatsapp", delivery_status="read"
    ),
    "jc.contact_status_updated": {
        "id": 1234,
        "name": "Robin Vale",
        "contact_number": "14155559876",
        "other_numbers": [{"label": "Mobile", "number": "14155559877"}],
        "email": "robin.vale@example.com",
        "extension": 101,
        "company": "Example Clinics",
        "address": "New York, United States",
        "notes": [{"description": "wants a demo", "added_at": "2026-03-10"}],
        "status": {"blacklist": True, "dnd": False, "dnm": False},
        "status_updated_at": "2026-03-12",
        "created_at": "2026-01-01",
        "last_updated_at": "2026-03-12",
        "agent_id": 42,
    },
    "appointment.scheduled": {
        "id": 77,
        **_CONTACT,
        **_AGENT,
        "appointment_time": "2026-03-20 9:00:00",
    },
}


def document(event_type: str, **data: Any) -> Document:
    """Return the envelope of a type; `data` changes fields of its data."""
    return {
        "request_id": "01HSGZRD0PHRCCHM46JRCRYMC4",
        "webhook_url": URL,
        "url_id": "65fc65d6d8b63be90aeee515",
        "type": event_type,
        "data": {**DATA[event_type], **data},
    }


def signed(
    event_type: str, *, url: str = URL, timestamp: str = TIMESTAMP, secret: str = SECRET
) -> dict[str, str]:
    """Return the headers that go with a delivery of this type."""
    return {
        "x-justcall-signature": sign(url, event_type, timestamp, secret),
        VERSION_HEADER: VERSION,
        TIMESTAMP_HEADER: timestamp,
    }
