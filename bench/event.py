"""The event that is measured: about 2 KB, a completed call with a long note, and one forged."""

import json
import uuid
from typing import Any

from justcall.signature import sign
from tests.support.deliveries import request

SECRET = "justcall-hooks-sample-secret"
_NOTES = """Spoke with the practice manager about moving the remaining nine seats to the annual
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
    data = {
        "call_id": f"call_{uuid.uuid4().hex[:8]}",
        "direction": "inbound",
        "from": "+14155559876",
        "to": "+14155551234",
        "agent_id": 42,
        "agent_name": "Jordan Lee",
        "duration": 185,
        "status": "completed",
        "recording_url": f"https://recordings.justcall.io/rec_{uuid.uuid4().hex}.mp3",
        "notes": _NOTES,
        "disposition": "Closed Won",
        "sentiment": {"customer": 0.81, "agent": 0.77, "moments": ["pricing", "routing"]},
    }
    document = {"event": "call.completed", "timestamp": "2026-03-12T14:30:00Z", "data": data}
    return json.dumps(document).encode()


def delivery(secret: str = SECRET) -> dict[str, Any]:
    """Return one signed request."""
    content = body()
    return request(content, {"x-justcall-signature": sign(content, secret)})
