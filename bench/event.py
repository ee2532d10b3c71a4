"""The event that is measured: about 2 KB, a completed call with all that JustCall knows of it.

The fields are those of JustCall's catalogue of call events, in the body-signed envelope; fields
that our models do not name are kept too. A second one of the same size is mostly prose, which no
dictionary knows: what compressing makes of an event depends on it.
"""

import json
import random
import uuid
from typing import Any

from justcall.signature import sign
from tests.support.deliveries import request

SECRET = "justcall-hooks-sample-secret"
NOTES = """Spoke with the practice manager about moving the remaining nine seats to the annual
plan before the end of the quarter. She likes the call summaries but two colleagues in the Leeds
office still cannot hear hold music on forwarded calls, so I promised that support would look at
their routing on Thursday morning. Budget sits with her director, who returns from leave on the
ninth; a quote of 4,310 with the usual discount should reach him by then. They compared us with
two other vendors in August and stayed mainly for the texting, which their reception team uses for
reminders. Open points: export of old voicemails, a shared number for the new branch in Hull, and
whether recordings can be kept for seven years, as their auditor asks. I will send the retention
page and set a reminder. She asked me not to phone on Mondays. Renewal looks likely, around eighty
per cent; the risk is the routing problem dragging on. Next step is a short video call with the
director and somebody from our side who knows compliance, preferably in the week of the fifteenth.
If that goes well they also want a trial of the dialer for four people in sales, starting after
the holidays, on the old rate for the first two months."""


def body() -> bytes:
    """Return an event that was never sent before."""
    call, sid = uuid.uuid4().hex, uuid.uuid4().hex
    seconds = random.randrange(40, 900)  # noqa: S311  # no secret
    return _envelope(
        _call(call)
        | {
            "id": int(call[:7], 16),
            "call_sid": f"CA{sid}",
            "contact_number": "+14155559876",
            "contact_name": "Alexandra Petrov",
            "contact_email": "a.petrov@northwind-dental.example",
            "justcall_number": "+14155551234",
            "justcall_line_name": "Reception West",
            "agent_email": "jordan.lee@northwind.example",
            "call_date": "2026-03-12",
            "call_time": "14:26:55",
            "call_user_date": "2026-03-12",
            "call_user_time": "07:26:55",
            "cost_incurred": 0.054,
            "call_info": {
                "direction": "Incoming",
                "type": "Answered",
                "missed_call_reason": "",
                "status": "Archived",
                "disposition": "Closed Won",
                "notes": NOTES[:160],
                "rating": "4",
                "recording": f"https://recordings.justcall.io/rec_{sid}.mp3",
                "voicemail_transcription": "",
            },
            "call_duration": {
                "total_duration": seconds + 31,
                "friendly_duration": f"{seconds // 60:02d}:{seconds % 60:02d}",
                "handle_time": seconds + 12,
                "conversation_time": seconds,
                "ring_time": 9,
                "hold_time": 22,
                "wrap_up_time": 12,
                "queue_wait_time": 0,
            },
            "ivr_info": {"digit_pressed": "2", "ivr_name": "Main menu"},
            "justcall_ai": {
                "call_score": 82,
                "customer_sentiment": "Positive",
                "call_moments": ["pricing", "routing", "next steps"],
                "call_summary": "Renewal of nine seats discussed; routing problem to be solved.",
            },
        }
    )


def prose() -> bytes:
    """Return an event of the same size that is mostly what somebody wrote."""
    return _envelope(_call(uuid.uuid4().hex) | {"notes": NOTES})


def delivery(secret: str = SECRET, content: bytes | None = None) -> dict[str, Any]:
    """Return one signed request."""
    content = content or body()
    return request(content, {"x-justcall-signature": sign(content, secret)})


def _call(name: str) -> dict[str, Any]:
    return {
        "call_id": f"call_{name[:8]}",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "agent_id": 42,
        "agent_name": "Jordan Lee",
        "duration": 185,
        "status": "completed",
        "recording_url": f"https://recordings.justcall.io/rec_{name}.mp3",
        "notes": NOTES[:160],
        "disposition": "Closed Won",
    }


def _envelope(data: dict[str, Any]) -> bytes:
    document = {"event": "call.completed", "timestamp": "2026-03-12T14:30:00Z", "data": data}
    return json.dumps(document, separators=(",", ":")).encode()
