"""Further neighbours about time, several events of one thing, and probes. Decided before they were tried."""

from itertools import permutations
from typing import Any

from tests.cases.build import (
    NUMBER,
    OWN,
    TIME,
    Row,
    body_signed,
    raw,
    shows,
    text,
    these,
    url_signed,
)
from tests.cases.runner import Case

_LATE = "2026-03-12T14:40:00Z"
_AT = "2026-03-12T14:35:00.000Z"
_ARRIVAL = "ARRIVAL"

TIMES: list[Row] = [
    *[(f"timestamp {given!r}", [text(NUMBER, timestamp=given)], shows(at=at))
      for at, all_given in these(
          (_AT, these("2026-03-12T14:35:00.000000Z", "2026-03-12T14:35:00+0000", "2026-03-12T14:35:00+00", "2026-03-12 14:35:00 Z", "2026-03-12 14:35:00UTC", "2026-03-12 14:35:00 utc", "2026-03-12 14:35:00 GMT", "20260312T143500Z",
                      "2026-03-12T14:35:00-00:00", "2026-03-12T20:05:00 +05:30", "2026-03-12 06:35:00 -0800", "2026-03-12  14:35:00", "2026-3-12 14:35:00", "Thu, 12 Mar 2026 14:35:00 +0000 (UTC)", "Thu, 12 Mar 2026 09:35:00 EST",
                      "Thu, 12 Mar 2026 06:35:00 PST", "Thu, 12 Mar 2026 07:35:00 PDT", "Thu,12 Mar 2026 14:35 GMT", "12 March 2026 14:35:00", "THU, 12 MAR 2026 14:35:00 gmt", 1773326100.0, "1.7733261E9", [1773326100],
                      ["2026-03-12T14:35:00Z"], "\uff11\uff17\uff17\uff13\uff13\uff12\uff16\uff11\uff10\uff10", " 1773326100 ", "2026-03-12T14:35:00Z\u200e")),
          ("2026-03-12T14:35:00.123Z", these("1773326100123456", "1773326100123.5", "1.773326100123E+12", 1.773326100123e12)), ("2026-03-12T14:35:00.500Z", these("2026-03-12T14:35:00.5z")),
          (_ARRIVAL, these("Thu, 12 Mar 26 14:35:00 GMT", "'2026-03-12'", "2031-01-01T00:00:00Z", "1E9999", "7E7", [1773326100, 1])))
      for given in all_given],
    *[(f"{what}_date {date!r}, {what}_time {time!r}", [body_signed(event_type, "", id="x", contact_number=NUMBER, direction="in", **{f"{what}_date": date, f"{what}_time": time})], shows(at=at))
      for what, event_type, date, time, at in these(
          ("call", "call.missed", "2026-03-12", "14:35:00", _AT), ("sms", "sms.sent", "2026-03-12", "14:35:00", _AT), ("message", "sms.received", "2026-03-12", "14:35:00", _AT), ("whatsapp", "whatsapp.message_sent", "2026-03-12", "14:35:00", _AT),
          ("call", "call.completed", "2026-03-12", "14:35", _AT), ("call", "call.completed", "2026/03/12", "14:35:00", _AT), ("call", "call.completed", "2026-03-12", "14:35:00 UTC", _AT), ("call", "call.completed", "2026-03-12", "14:35:00Z", _AT),
          ("call", "call.completed", "2026-03-12", "9:35:00", "2026-03-12T09:35:00.000Z"), ("call", "call.completed", " 2026-03-12 ", " 14:35:00 ", _AT), ("call", "call.completed", ["2026-03-12"], ["14:35:00"], _AT),
          ("call", "call.completed", "2026-03-12 00:00:00", "14:35:00", _AT), ("call", "call.completed", "2026-03-12T00:00:00Z", "14:35:00", _AT), ("call", "call.completed", "2026-03-12", "2026-03-12 14:35:00", _AT),
          ("call", "call.completed", "", "2026-03-12 14:35:00", _AT), ("call", "call.completed", None, "2026-03-12T14:35:00Z", _AT), ("sms", "sms.received", "2026-03-12 14:35:00", "", _AT), ("sms", "sms.received", 1773326100, None, _AT),
          ("sms", "sms.received", "1773326100", None, _AT), ("sms", "sms.received", "1773326100", "", _AT), ("call", "call.completed", "2026-03-12", None, _ARRIVAL), ("call", "call.completed", "20260312", None, _ARRIVAL),
          ("call", "call.completed", "0000-00-00", "00:00:00", _ARRIVAL), ("call", "call.completed", "2026-03-12", "20:05:00+05:30", _AT), ("call", "call.completed", "12 Mar 2026", "14:35:00", _AT), ("call", "call.completed", "2026-03-12", "14:35:00.123", "2026-03-12T14:35:00.123Z"))],
    ("a zero timestamp, then call_date", [body_signed("call.completed", "0000-00-00 00:00:00", call_id="c", direction="in", from_=NUMBER, call_date="2026-03-12", call_time="14:35:00")], shows(at=_AT)),
    ("a url-signed body's timestamp", [{"signed": "url-signed", "body": {"type": "sms.received", "timestamp": TIME, "data": {"id": 1, "contact_number": NUMBER}}}], shows(at=_AT)),
    ("the signed time comes before call_date", [url_signed("call.completed", id=1, contact_number=NUMBER, call_date="2026-01-05", call_time="09:15:00")], shows(at=_ARRIVAL)),
]  # fmt: skip


def _body(event_type: str, timestamp: object = TIME, **data: Any) -> Case:
    return body_signed(
        event_type, timestamp, **({"direction": "inbound", "from_": NUMBER, "to": OWN} | data)
    )


def _url(event_type: str, ago: int = 0, **data: Any) -> Case:
    return url_signed(
        event_type, {"ago": ago}, **({"contact_number": NUMBER, "justcall_number": OWN} | data)
    )


def _orders(name: str, *steps: Case, **right: Any) -> list[Row]:
    """Return the steps in every order of arrival."""
    return [
        (f"{name}, order {place}", list(order), shows(timeline_len=1, **right))
        for place, order in enumerate(permutations(steps), start=1)
    ]


ONE_THING: list[Row] = [
    *_orders("call_sid, id, both", _url("call.answered", 90, call_sid="CA1"), _url("call.completed", 60, id=801), _url("call.updated", 30, id=801, call_sid="CA1")),
    *_orders("a call in both dialects", _body("call.completed", call_id="801"), _url("call.completed", 60, id=801, call_sid="CA1"), _url("call.updated", 30, call_sid="CA1", id="")),
    *_orders("call_id is call_sid", _body("call.completed", call_id="CA1"), _url("call.updated", id=801, call_sid="CA1"), _url("jc.call_ai_generated", id=801)),
    *_orders("a text in both dialects", _body("sms.received", message_id="501", body="x"), _url("sms.sent_received", id=501, direction="Incoming"), _url("sms.status_updated", id="501 ")),
    *_orders("messageid and id", _url("sms.received", messageid=501), _url("sms.sent_received", id=501, direction="I")),
    *_orders("WhatsApp in both dialects", _url("whatsapp.message_received", id=9), _body("whatsapp.message_status_updated", message_id="9", delivery_status="read")),
    *_orders("a voicemail again, by voicemail_id", _body("voicemail.received", voicemail_id="v1"), _body("voicemail.received", voicemail_id="v1", transcription="call me"), fields={"text": "call me"}),
    *_orders("a voicemail again, by id", _body("voicemail.received", id=5), _body("voicemail.received", id=5, transcription="call me"), fields={"text": "call me"}),
    *_orders("a voicemail and its call", _body("voicemail.received", call_id="c", voicemail_id="v"), _body("voicemail.received", voicemail_id="v", recording_url="https://r/1"), _body("call.missed", call_id="c"), fields={"recording_url": "https://r/1"}),
    *_orders("missed, then a voicemail", _url("call.missed", 60, call_sid="CA1"), _url("call.voicemail", 30, call_sid="CA1", id=8), fields={"outcome": "voicemail"}),
    *_orders("an appointment by both ids", _url("appointment.scheduled", 90, id=5, status="scheduled"), _url("appointment.scheduled", 60, appointment_id="5", status="rescheduled"), _url("appointment.scheduled", 30, id=5.0, appointment_id=5, status="cancelled"), fields={"status": "cancelled"}),
    *_orders("a body-signed appointment", _body("appointment.scheduled", id="5", contact_number=NUMBER, status="scheduled"), _body("appointment.scheduled", _LATE, id="5", contact_number=NUMBER, status="cancelled"), fields={"status": "cancelled"}),
    *_orders("an id in a list", _url("call.completed", 60, call_sid=["CA1"]), _url("call.updated", call_sid="CA1")),
    *_orders("an id with an invisible mark", _url("call.completed", 60, call_sid="CA1\u200b"), _url("call.updated", call_sid="CA1")),
    *_orders("a numeric call_id and id", _url("call.completed", 60, call_id=801), _url("call.updated", id="801")),
    *_orders("the two products' call_sid", _url("sd.call_completed", 60, call_id=5, call_sid="CA2", sales_dialer_number=OWN), _url("call.completed", 30, id=77, call_sid="CA2")),
    *[(f"two, {name}", steps, shows(timeline_len=2, answer="accepted"))
      for name, steps in these(
          ("of one contact_id, in two dialects", [_body("call.completed", id=801, contact_id=55), _url("call.completed", id=802, contact_id=55)]),
          ("of one message_id, in two dialects", [_body("call.completed", id=801, message_id=55), _url("call.completed", id=802, message_id=55)]),
          ("the dialer's and JustCall's, url-signed", [_url("sd.call_completed", 60, call_id=801, sales_dialer_number=OWN), _url("call.completed", id=801)]),
          ("the dialer's and JustCall's, body-signed", [_body("sd.call_completed", call_id=801), _body("call.completed", _LATE, call_id=801)]),
          ("a text and a WhatsApp message, in two dialects", [_body("sms.received", message_id=501), _url("sms.received", id=501, medium="WhatsApp")]),
          ("JustCall's and the dialer's, in two dialects", [_body("call.completed", call_id=801), _url("call.completed", call_id=801, sales_dialer_number=OWN)]),
          ("a call and a text", [_url("call.completed", 60, id=801), _url("sms.received", id=801)]), ("a voicemail and a call", [_body("voicemail.received", id=801), _url("call.completed", id=801)]))],
    *[(f"ids {one!r} and {other!r} join nothing", [_url("call.completed", 60, id=one, call_sid="CA1"), _url("call.completed", id=other, call_sid="CA2")], shows(timeline_len=2)) for one, other in these((0, "0"), ("", []), (None, False), ("\u200b", " "), ({}, [{}]))],
    ("another request", [_url("call.completed", id=1), {**_url("call.completed", id=1), "body": _url("call.completed", id=1)["body"] | {"request_id": "other"}}], shows(timeline_len=1, answer="duplicate")),
]  # fmt: skip

_WRONG = "some other secret"
PROBES: list[Row] = [
    *[(f"{body!r}, wrongly signed", [raw(body, _WRONG)], {"http": 200, "answer": "probe"})
      for body in ("\r\n", "\t{} ", "[ ]", " null ", '{"type":"call.missed","webhook_url":"https://x/y","url_id":"65fc","request_id":"01H","data":{}}', '{"type":"","data":null}', '{"event":null}', '{"data":{}}', '{"data":[]}',
                   '{"type":"call.missed","data":false}', '{"url_id":7}', '{"type":"call.missed","timestamp":1773326100}', '{"type":"call.missed","url_id":[]}', '{"type":"call.missed","url_id":null,"request_id":{}}', '{"event":"call.missed","type":"call.missed"}', "\ufeff")],
    *[(f"{body[:50]!r}, wrongly signed, is a delivery", [raw(body, _WRONG)], {"http": 401, "answer": "unauthorized"})
      for body in ('""', "false", "true", "[null]", "[[]]", '{"test":true}', '{"type":"ping","data":{},"id":1}', '{"data":"x"}', '{"data":[{}]}', '{"data":{"":""}}', '{"type":"x","data":[null]}', '{"type":"x","Data":{}}', '{"type":"x","type":"y"}', '{"a":{}}',
                   '{"type":["x"]}', "{", "{}{}", '{"type":"x","webhook_url":{"a":1}}', '{"data":{},"data":{"id":1}}', "type=call.missed", '{"type":"' + "x" * 5000 + '"}', "\x00")],
]  # fmt: skip
