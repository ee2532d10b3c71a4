"""Neighbours of the cases about several events of one thing, time and probes."""

from tests.cases.build import (
    NUMBER,
    OWN,
    Row,
    body_signed,
    bytes_signed,
    call,
    raw,
    shows,
    text,
    these,
    url_call,
    url_signed,
    url_text,
)

_PROBE = {"http": 200, "answer": "probe"}
_REFUSED = {"http": 401, "answer": "unauthorized"}
_KEPT = {"http": 200, "answer": "quarantined"}
_WRONG = "some other secret"

EMPTIES: list[Row] = [
    *[(f"notes {nothing!r} does not empty", [url_call("call.completed", 60, call_info={"notes": "vip"}), url_call("call.updated", call_info={"notes": nothing})], shows(timeline_len=1, fields={"notes": "vip"}))
      for nothing in these("", None, [], {}, False)],
    ("0 seconds do not empty", [url_call("call.completed", 60, call_duration={"conversation_time": 50}), url_call("call.updated", call_duration={"conversation_time": 0})], shows(timeline_len=1, fields={"duration_seconds": 50.0})),
    ("body-signed, recording and agent", [call("call.completed", recording_url="https://r/1", agent_id=4, agent_name="Sam"), call("call.updated", 40, recording_url="", agent_id=None, agent_name="")], shows(timeline_len=1, fields={"recording_url": "https://r/1", "agent_id": 4, "agent_name": "Sam"})),
    ("the newer empty one comes first", [call("call.updated", 40, notes=""), call("call.completed", notes="vip")], shows(timeline_len=1, fields={"notes": "vip"})),
    ("the newer one says otherwise", [call("call.completed", notes="old"), call("call.updated", 40, notes="new")], shows(fields={"notes": "new"})),
    ("media stay", [url_signed("sms.sent", {"ago": 60}, id=5, contact_number=NUMBER, sms_info={"body": "t", "mms": ["https://m/1"]}), url_signed("sms.status_updated", id=5, contact_number=NUMBER, sms_info={"body": "", "mms": []}, delivery_status="Read")], shows(timeline_len=1, fields={"text": "t", "media": ["https://m/1"], "delivery_status": "read"})),
    ("unknown inner fields stay", [url_call("call.completed", 60, ivr_info={"digit": "2"}), url_call("call.updated", ivr_info={"digit": ""})], shows(somewhere=['"digit": "2"'])),
    ("AI comes later with empty rest", [url_call("call.completed", 60, call_info={"type": "Answered", "recording": "https://r/1"}), url_call("jc.call_ai_generated", call_info={"type": "", "recording": ""}, justcall_ai={"summary": "s"})], shows(timeline_len=1, fields={"recording_url": "https://r/1", "outcome": "completed", "ai": {"summary": "s"}})),
    *[(f"one second: {order[0]}, then {order[1]}", [url_signed(one, {"header_time": "FIX0"}, id=1, call_sid="CA9", contact_number=NUMBER, call_info={"notes": one}) for one in order], shows(timeline_len=1, fields={"notes": second}))
      for first, second in (("call.initiated", "call.answered"), ("call.incoming", "call.completed"), ("call.answered", "call.completed"), ("call.completed", "call.updated"), ("call.updated", "jc.call_ai_generated"), ("call.missed", "call.voicemail"))
      for order in ((first, second), (second, first))],
    *[(f"one second: a status of its message, {order}", [url_signed(one, {"header_time": "FIX0"}, id=1, contact_number=NUMBER, delivery_status=word) for one, word in order], shows(timeline_len=1, fields={"delivery_status": "delivered"}))
      for order in ((("sms.sent", "Sent"), ("sms.status_updated", "Delivered")), (("sms.status_updated", "Delivered"), ("sms.sent", "Sent")), (("sms.status_updated", "Delivered"), ("sms.status_updated", "Sent")))],
]  # fmt: skip

TIME: list[Row] = [
    *[(f"timestamp {given!r}", [text(NUMBER, timestamp=given)], shows(at=at))
      for given, at in these(
          (1773326100, "2026-03-12T14:35:00.000Z"), (1773326100.5, "2026-03-12T14:35:00.500Z"), ("1773326100", "2026-03-12T14:35:00.000Z"),
          ("1773326100.250", "2026-03-12T14:35:00.250Z"), (1773326100123, "2026-03-12T14:35:00.123Z"), ("1773326100123", "2026-03-12T14:35:00.123Z"),
          ("2026-03-12t14:35:00z", "2026-03-12T14:35:00.000Z"), ("2026-03-12 14:35:00", "2026-03-12T14:35:00.000Z"), ("2026-03-12 9:05:00 UTC", "2026-03-12T09:05:00.000Z"),
          ("2026-03-12T9:05:00+05:30", "2026-03-12T03:35:00.000Z"), ("Thu, 12 Mar 2026 14:35:00 GMT", "2026-03-12T14:35:00.000Z"), ("12 Mar 2026 14:35:00 +0530", "2026-03-12T09:05:00.000Z"),
          ("2026/03/12 14:35:00", "2026-03-12T14:35:00.000Z"), ("2026-03-12T14:35Z", "2026-03-12T14:35:00.000Z"), ("2026-03-12T14:35:00,5Z", "2026-03-12T14:35:00.500Z"), (" 2026-03-12T14:35:00Z\n", "2026-03-12T14:35:00.000Z"))],
    *[(f"timestamp {given!r} is none", [text(NUMBER, timestamp=given)], shows(at="ARRIVAL"))
      for given in these(None, "", "soon", 0, "0", True, [], {}, "0000-00-00 00:00:00", "2026-02-30T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2027-01-01T00:00:00Z", 99999999999999, -1)],
    *[(f"{what}_date and {what}_time", [body_signed(event_type, "", id="x", contact_number=NUMBER, direction="in", **{f"{what}_date": "2026-01-05", f"{what}_time": "9:15:00"})], shows(at="2026-01-05T09:15:00.000Z"))
      for what, event_type in (("call", "call.completed"), ("sms", "sms.received"), ("message", "whatsapp.message_received"))],
    ("call_date holds the time too", [bytes_signed("call.completed", id=1, contact_number=NUMBER, call_date="2026-01-05 09:15:00")], shows(at="2026-01-05T09:15:00.000Z")),
    ("the timestamp comes before call_date", [call("call.completed", call_date="2026-01-05", call_time="09:15:00")], shows(at="2026-03-12T14:35:00.000Z")),
    *[(f"signed time, {form}", [url_signed("sms.received", {"header_time": form}, id=1, contact_number=NUMBER)], shows(at="ARRIVAL")) for form in ("ISO", "MS", "S", "TEXT")],
]  # fmt: skip

ONE_THING: list[Row] = [
    ("call_sid first, then id alone", [url_call("call.answered", 60), url_call("call.updated", call_sid="")], shows(timeline_len=1)),
    ("id alone first, then both, then call_sid alone", [url_call("call.initiated", 90, call_sid=None), url_call("call.completed", 60), url_call("call.updated", id=None)], shows(timeline_len=1)),
    ("joined only by the last", [url_call("call.incoming", 90, call_sid=None), url_call("call.updated", 60, id=""), url_call("call.completed")], shows(timeline_len=1)),
    ("call_id is the call_sid", [url_call("call.completed", 60), body_signed("call.updated", call_id="CA1", contact_number=NUMBER, notes="n")], shows(timeline_len=1)),
    ("both dialects, numeric id", [url_call("call.completed", 60, call_sid=""), body_signed("call.updated", call_id="801", **{"from": NUMBER, "direction": "in"})], shows(timeline_len=1)),
    ("ids are trimmed, and numbers are texts", [url_call("call.completed", 60, call_sid=" CA1 ", id=None), url_call("call.updated", call_sid="CA1", id="801.0"), url_call("call.updated", call_sid="", id=801.0)], shows(timeline_len=1)),
    ("an update that names nobody", [url_signed("call.updated", id=801, call_info={"notes": "n"}), url_call("call.completed")], shows(timeline_len=1, fields={"notes": "n"})),
    ("whose number only an update says", [body_signed("call.completed", call_id="c-1", duration=3), call("call.updated", 40, notes="n")], shows(timeline_len=1, fields={"duration_seconds": 3.0, "notes": "n"})),
    ("whose number only a voicemail says", [body_signed("call.updated", call_id="c-1", notes="n"), call("voicemail.received", 40, voicemail_id="v")], shows(timeline_len=1, fields={"notes": "n"})),
    ("a voicemail's own id is no call's", [body_signed("voicemail.received", id="801", **{"from": None, "to": OWN}), url_call("call.completed")], shows(timeline_len=1, not_fields=["events"])),
    ("a voicemail_id is no call's", [call("call.completed", call_id="v-1"), body_signed("voicemail.received", call_id="c-2", voicemail_id="v-1", **{"from": NUMBER})], shows(timeline_len=2)),
    ("the sales dialer's numbers are its own", [url_call("call.completed", 60, call_sid="CA1"), url_signed("sd.call_completed", call_id=801, call_sid="CA2", contact_number=NUMBER, sales_dialer_number=OWN)], shows(timeline_len=2)),
    ("twins of one dialer call", [url_signed("sd.call_completed", {"ago": 60}, call_id=90, call_sid="CA2", contact_number=NUMBER, sales_dialer_number=OWN), url_signed("sd.call_ai_generated", call_id=90, contact_number=NUMBER)], shows(timeline_len=1)),
    ("jc and sd twins of one call", [url_call("jc.call_ai_generated", 60, justcall_ai={"a": 1}), url_signed("sd.call_ai_generated", call_id=7, call_sid="CA1", contact_number=NUMBER, justcall_ai={"b": 2})], shows(timeline_len=1, fields={"ai": {"a": 1, "b": 2}})),
    ("a text's call is not the text", [url_call("call.completed", 60), url_signed("sms.received", id=5, call_id="CA1", contact_number=NUMBER)], shows(timeline_len=2)),
    ("twins of one text", [url_text(NUMBER), url_signed("sms.sent_received", id="501", contact_number=NUMBER, direction="I")], shows(timeline_len=1)),
    ("SMS and WhatsApp number apart", [url_text(NUMBER), url_signed("whatsapp.message_received", id=501, contact_number=NUMBER)], shows(timeline_len=2)),
    ("message_id of one dialect, id of the other", [text(NUMBER, message_id="501"), url_signed("sms.status_updated", id=501, contact_number=NUMBER, delivery_status="failed")], shows(timeline_len=1)),
    ("two appointments are two", [url_signed("appointment.scheduled", id=i, contact_number=NUMBER) for i in (1, 2)], shows(timeline_len=2)),
    ("an appointment moved twice", [url_signed("appointment.scheduled", {"ago": 90 - 30 * i}, id=1, contact_number=NUMBER, appointment_time=f"2026-12-0{i + 1} 10:00:00") for i in range(3)], shows(timeline_len=1, fields={"appointment_time": "2026-12-03 10:00:00"})),
    ("a call sent again with its recording", [call("call.completed"), call("call.completed", recording_url="https://r/1")], shows(timeline_len=1, fields={"recording_url": "https://r/1"})),
    ("a text sent again with its media", [url_text(NUMBER, sms_info={"body": "hi", "mms": []}), url_text(NUMBER, sms_info={"body": "hi", "mms": [{"media_url": "https://m/1"}]})], shows(timeline_len=1, fields={"media": ["https://m/1"]})),
]  # fmt: skip

PROBE: list[Row] = [
    *[(f"{body!r}, wrongly signed", [raw(body, _WRONG)], _PROBE)
      for body in ("", "  ", "{}", "null", "[]", '{"type":"call.missed"}', '{"event":"x","data":{}}', '{"event":"x","data":[]}', '{"event":"x","data":null}', '{"event":"x","data":""}', '{"webhook_url":"https://x","url_id":7,"request_id":"r"}', '{"event":"x","timestamp":"2026-03-12T14:35:00Z"}', "\ufeff{}")],
    *[(f"{body!r}, wrongly signed, is a delivery", [raw(body, _WRONG)], _REFUSED)
      for body in ('{"event":"call.missed","call_id":"c"}', '{"event":"x","payload":{}}', '{"event":"x","data":{"id":""}}', '{"event":"x","data":0}', '{"event":"x","data":{},"from":"+1"}', "ping", "0", '"x"', "[1]", "[{}]", '{"type":{"call_id":1}}', '{"event":"x","data":{"a":1},"data":{}}', '{"Event":"x"}', '{"event":"x","webhook_url":["c"]}')],
    *[(f"{body!r}, signed", [raw(body)], _PROBE) for body in ("", "{}", "null", "[]", '{"type":"call.missed","data":{}}')],
    *[(f"{body[:60]!r}, signed, is kept", [raw(body)], _KEPT) for body in ('{"event":"call.missed","call_id":"c"}', '{"event":"x","payload":{}}', "ping", "[1]", "0", '{"data":{"type":"sms"}}', "[" * 20_000)],
]  # fmt: skip
