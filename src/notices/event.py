"""The notice of one published event: a missed call, a voicemail or an inbound text."""

from collections.abc import Mapping
from typing import Any

from justcall.timeline import names_of
from justcall.values import OUTBOUND
from notices import notice
from notices.notice import Notice

type Document = Mapping[str, Any]

WORDS: Mapping[str, str] = {
    "call.missed": "Missed call",
    "voicemail.received": "Voicemail",
    "sms.received": "Text",
}
UNKNOWN = "a withheld number"
_MAX_CONTENT = 4_000


def name_of(document: Document) -> str:
    """Return the name of the call or message that an event is of, else the event's key.

    Of several names it is the first by the alphabet, so that events with the same names agree.
    """
    return min(names_of(document["data"]["event"]))


def is_notifiable(document: Document) -> bool:
    """Tell whether people are notified: of inbound events, except calls that were answered."""
    event = document["data"]["event"]
    if event["kind"] not in WORDS or event.get("direction") == OUTBOUND:
        return False
    outcome: str | None = document["data"].get("call", {}).get("outcome")
    return outcome != "completed"


def notice_of(document: Document, *, with_content: bool) -> Notice:
    """Return the notice of a CloudEvent; `with_content` adds texts, transcripts and links."""
    event = document["data"]["event"]
    fields = _whole(document) | event
    title = WORDS[event["kind"]]
    number, line = fields.get("number"), fields.get("justcall_number")
    rows = {
        "From": notice.named(number or UNKNOWN, fields.get("contact_name")),
        "To": notice.named(line, fields.get("justcall_line_name")),
        "Agent": notice.row(fields.get("agent_name") or ""),
        "At": notice.when(fields["at"]),
        **_measures(event["kind"], fields),
        **(_content(event["kind"], fields) if with_content else {}),
        "Event": event["key"],
    }
    to = f" to {line}" if line else ""
    return Notice(
        id=event["key"],
        notice=notice.EVENT,
        kind=event["kind"],
        subject=notice.subject(f"{title} from {number or UNKNOWN}{to}"),
        text=f"{title}\n{notice.lines(rows)}\n",
        number=number,
        line=line,
        agent=notice.agent_of(fields),
    )


def _whole(document: Document) -> dict[str, Any]:
    data = document["data"]
    return dict(data.get("call") or data.get("message") or {})


def _measures(kind: str, fields: Document) -> dict[str, str]:
    """Return durations and counts, which are no content."""
    if kind == "sms.received":
        return {"Attachments": str(len(fields.get("media") or ()) or "")}
    seconds = fields.get("ring_seconds" if kind == "call.missed" else "duration_seconds")
    name = "Rang" if kind == "call.missed" else "Length"
    return {name: f"{round(seconds)} s" if seconds else ""}


def _content(kind: str, fields: Document) -> dict[str, str]:
    text = notice.block(fields.get("text") or "", _MAX_CONTENT)
    if kind == "sms.received":
        return {"Text": text}
    if kind == "voicemail.received":
        link = notice.row(fields.get("recording_url") or "", 2_000)
        return {"Transcript": text, "Recording": link}
    return {}
