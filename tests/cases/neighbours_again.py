"""Neighbours of the cases about a second content under one key, and about who says it."""

from itertools import permutations
from typing import Any

from tests.cases.build import (
    NUMBER,
    OWN,
    Row,
    body_signed,
    call,
    shows,
    text,
    url_call,
    url_signed,
    url_text,
)
from tests.cases.runner import Case

OTHER = "+14155550111"
_AGAIN: dict[str, Any] = {"answer": "accepted", "timeline_len": 1}


def _orders(name: str, *steps: Case, **right: Any) -> list[Row]:
    """Return one row for each order in which the steps arrive."""
    return [
        (f"{name}, order {number}", list(order), shows(**_AGAIN, **right))
        for number, order in enumerate(permutations(steps), start=1)
    ]


def _mms(*links: str) -> dict[str, Any]:
    return {"sms_info": {"body": "hi", "mms": [{"media_url": link} for link in links]}}


# What is invented is signed for its URL, type and time only; it names the same call or text.
_AUTHENTIC_CALL = body_signed(
    "call.completed",
    call_id="CA1",
    notes="true",
    direction="inbound",
    **{"from": NUMBER, "to": OWN},
)
_INVENTED_CALL = url_call("call.completed", contact_number=OTHER, call_info={"notes": "invented"})
_AUTHENTIC_TEXT = text(NUMBER, message_id="501", body="true")
_INVENTED_TEXT = url_text(OTHER, sms_info={"body": "invented"})
_LATE: dict[str, Any] = {"call_sid": "CA1", "contact_number": NUMBER}

NEW_CONTENT: list[Row] = [
    *_orders("a call with its recording", call("call.completed"), call("call.completed", recording_url="https://r/1"), fields={"recording_url": "https://r/1"}),
    *_orders("a url-signed call with its recording", url_call("call.completed"), url_call("call.completed", call_info={"recording": "https://r/1"}), fields={"recording_url": "https://r/1"}),
    *_orders("a call, three times", call("call.completed"), call("call.completed", notes="n"), call("call.completed", agent_name="Sam"), fields={"notes": "n", "agent_name": "Sam"}),
    *_orders("a missed call with its reason", call("call.missed"), call("call.missed", missed_call_reason="closed"), fields={"missed_reason": "closed", "outcome": "missed"}),
    *_orders("a url-signed missed call with its reason", url_call("call.missed"), url_call("call.missed", call_info={"missed_call_reason": "closed"}), fields={"missed_reason": "closed"}),
    *_orders("a text with its media", text(NUMBER), text(NUMBER, media_url=["https://m/1"]), fields={"media": ["https://m/1"], "text": "hi"}),
    *_orders("a url-signed text with its media", url_text(NUMBER, **_mms()), url_text(NUMBER, **_mms("https://m/1")), fields={"media": ["https://m/1"], "text": "hi"}),
    *_orders("a voicemail with its transcription", call("voicemail.received", voicemail_id="v"), call("voicemail.received", voicemail_id="v", transcription="call me"), fields={"text": "call me"}),
    *_orders("a contact with its company", body_signed("contact.created", id=7, phone=NUMBER), body_signed("contact.created", id=7, phone=NUMBER, company="Acme"), fields={"company": "Acme"}),
    *_orders("whose number only the second telling says", body_signed("call.completed", call_id="c-1", duration=3), call("call.completed", notes="n"), fields={"notes": "n", "duration_seconds": 3.0}),
    *_orders("at another time", call("call.completed", 40, notes="new"), call("call.completed", 35, notes="old"), fields={"notes": "new"}),
    ("the same time: what came last is the newest", [call("call.completed", notes=word) for word in ("a", "b", "c", "d")], shows(**_AGAIN, fields={"notes": "d"})),
    ("the same content again is a duplicate", [call("call.completed"), call("call.completed", notes="n"), call("call.completed", notes="n")], shows(answer="duplicate", timeline_len=1, fields={"notes": "n"})),
    ("the first content again is a duplicate", [call("call.completed", notes="o"), call("call.completed", notes="n"), call("call.completed", notes="o")], shows(answer="duplicate", timeline_len=1, fields={"notes": "n"})),
    ("an invented call first", [_INVENTED_CALL, _AUTHENTIC_CALL], shows(**_AGAIN, fields={"notes": "true", "dialect": "body-signed"}, entries_at={OTHER: 0})),
    ("an authentic call first", [_AUTHENTIC_CALL, _INVENTED_CALL], shows(answer="conflict", timeline_len=1, fields={"notes": "true"}, entries_at={OTHER: 0})),
    ("an invented text first", [_INVENTED_TEXT, _AUTHENTIC_TEXT], shows(**_AGAIN, fields={"text": "true"}, entries_at={OTHER: 0})),
    ("an authentic text first", [_AUTHENTIC_TEXT, _INVENTED_TEXT], shows(answer="conflict", timeline_len=1, fields={"text": "true"}, entries_at={OTHER: 0})),
    ("an invented call again after the authentic one", [_INVENTED_CALL, _AUTHENTIC_CALL, _INVENTED_CALL], shows(answer="conflict", timeline_len=1, fields={"notes": "true"}, entries_at={OTHER: 0})),
    ("bytes are signed, though the envelope is the other dialect's", [_INVENTED_CALL, {**_INVENTED_CALL, "signed": "body-signed", "body": {"type": "call.completed", "data": {"call_sid": "CA1", "contact_number": NUMBER}}}], shows(**_AGAIN, fields={"dialect": "body-signed"}, entries_at={OTHER: 0})),
    ("a url-signed update does not overwrite a body-signed call", [_AUTHENTIC_CALL, url_signed("call.updated", **_LATE, call_info={"notes": "invented"})], shows(**_AGAIN, fields={"notes": "true"})),
    ("a url-signed update adds to a body-signed call", [_AUTHENTIC_CALL, url_signed("call.updated", **_LATE, call_info={"disposition": "won"})], shows(**_AGAIN, fields={"notes": "true", "disposition": "won"})),
    ("a body-signed update wins over a later url-signed call", [body_signed("call.updated", call_id="CA1", notes="true"), url_call("call.completed", call_info={"notes": "invented"})], shows(**_AGAIN, fields={"notes": "true"})),
]  # fmt: skip
