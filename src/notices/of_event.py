"""The notice of one published event: a missed call, a voicemail or an inbound text."""

from collections.abc import Mapping
from typing import Any

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

    Of several names the first by the alphabet: every event of the call that has them agrees.
    """
    event = document["data"]["event"]
    names: list[str] = event.get("subjects") or [event["key"]]
    return min(names)


def is_news(document: Document) -> bool:
    """Tell whether an event is one to tell: it is inbound, and no call that was answered."""
    event = document["data"]["event"]
    if event["kind"] not in WORDS or event.get("direction") == OUTBOUND:
        return False
    outcome: str | None = document["data"].get("call", {}).get("outcome")
    return outcome != "completed"


def notice_of(document: Document, *, with_content: bool) -> Notice:
    """Return the notice of a CloudEvent; without `with_content` no word of what was said."""
    event = document["data"]["event"]
    known = _whole(document) | event
    title = WORDS[event["kind"]]
    number, line = known.get("number"), known.get("justcall_number")
    rows = {
        "From": notice.named(number or UNKNOWN, known.get("contact_name")),
        "To": notice.named(line, known.get("justcall_line_name")),
        "Agent": notice.row(known.get("agent_name") or ""),
        "At": notice.when(known["at"]),
        **_measures(event["kind"], known),
        **(_content(event["kind"], known) if with_content else {}),
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
        agent=notice.agent_of(known),
    )


def _whole(document: Document) -> dict[str, Any]:
    data = document["data"]
    return dict(data.get("call") or data.get("message") or {})


def _measures(kind: str, known: Document) -> dict[str, str]:
    """Return what may be told without content: how long, how many."""
    if kind == "sms.received":
        return {"Attachments": str(len(known.get("media") or ()) or "")}
    seconds = known.get("ring_seconds" if kind == "call.missed" else "duration_seconds")
    name = "Rang" if kind == "call.missed" else "Length"
    return {name: f"{round(seconds)} s" if seconds else ""}


def _content(kind: str, known: Document) -> dict[str, str]:
    text = notice.block(known.get("text") or "", _MAX_CONTENT)
    if kind == "sms.received":
        return {"Text": text}
    if kind == "voicemail.received":
        link = notice.row(known.get("recording_url") or "", 2_000)
        return {"Transcript": text, "Recording": link}
    return {}
