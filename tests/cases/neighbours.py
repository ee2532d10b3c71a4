"""Neighbours of the cases, by rule: the same kind of payload, otherwise."""

from tests.cases.build import (
    NUMBER,
    OWN,
    body_signed,
    bytes_signed,
    call,
    fields,
    raw,
    shows,
    status,
    text,
    url_call,
    url_signed,
    url_text,
)
from tests.cases.runner import Case

type Row = tuple[str, list[Case], dict[str, object]]

_PROBE = {"http": 200, "answer": "probe"}
_REFUSED = {"http": 401, "answer": "unauthorized"}
_KEPT = {"http": 200, "answer": "quarantined"}
_OUT = {"opted_out": True}
_IN = {"opted_out": False}

CONSENT: list[Row] = [
    *[(f"dnd {word!r} sets", [status(dnd=word)], shows(consent={"dnd": True}))
      for word in (True, 1, 1.0, "1", "TRUE", " Yes ", "y", "On", "T", [True], ["yes"])],
    *[(f"dnd {word!r} clears", [status(60, dnd=True), status(dnd=word)], shows(consent={"dnd": False}))
      for word in (False, 0, 0.0, "0", "False", " NO ", "n", "OFF", "f", [False])],
    *[(f"dnd {word!r} changes nothing", [status(60, dnd=True), status(dnd=word)], shows(consent={"dnd": True}))
      for word in ("", None, "N/A", "maybe", 2, -1, "2", [], {}, [0, 1], {"value": False}, "nope")],
    ("what is no yes or no is kept where it is seen", [status(dnd="Blocked")],
     shows(somewhere=["Blocked"], consent_not={"dnd": False})),
    ("flags beside `status` mean nothing",
     [url_signed("jc.contact_status_updated", contact_number=NUMBER, dnd=True, status={"dnm": True})],
     shows(consent={"dnm": True, "dnd": None})),
    ("status is a list of one", [url_signed("jc.contact_status_updated", contact_number=NUMBER, status=[{"dnd": "1"}])],
     shows(consent={"dnd": True})),
    ("body-signed flags, and no word of opting in",
     [text(NUMBER, body="STOP"), body_signed("jc.contact_status_updated", "2026-03-12T15:00:00Z", contact_number=NUMBER, status={"dnd": True, "dnm": False})],
     shows(consent={"dnd": True, "dnm": False, "opted_out": True})),
    ("body-signed flags, named by `from`", [body_signed("jc.contact_status_updated", phone=NUMBER, status={"dnd": True})],
     shows(consent={"dnd": True, "opted_out": None})),
    *[(f"the text {word!r} opts out", [text(NUMBER, body=word)], shows(consent=_OUT))
      for word in ("STOP", "stop", " Stop. ", "STOPALL", "Unsubscribe!", "cancel", "END", "Quit...", "revoke", "OPTOUT", "opt out", "Opt-Out", "stop all", "ＳＴＯＰ", "STOP\u200e", "'Stop'")],
    *[(f"the text {word!r} is no opt-out", [text(NUMBER, body=word)], shows(consent={"opted_out": None}))
      for word in ("don't stop", "Stop by at ten", "STOP it", "endless", "", "the end", "never cancel")],
    ("url-signed STOP", [url_text(NUMBER, sms_info={"body": "Stop"})], shows(consent=_OUT)),
    ("WhatsApp STOP", [url_signed("whatsapp.message_received", id=1, contact_number=NUMBER, sms_info={"body": "STOP"})], shows(consent=_OUT)),
    ("STOP in either direction, inbound", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction="I", sms_info={"body": "STOP"})], shows(consent=_OUT)),
    ("STOP that the company sent", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction="O", sms_info={"body": "STOP"})], shows(consent={"opted_out": None})),
    *[(f"{word!r} after STOP opts in", [text(NUMBER, body="STOP"), text(NUMBER, body=word, message_id="m-2", timestamp="2026-03-12T14:40:00Z")], shows(consent=_IN))
      for word in ("START", "unstop", "Yes", "YES!")],
    ("YES without STOP says nothing", [text(NUMBER, body="YES")], shows(consent={"opted_out": None})),
    ("YES before STOP", [text(NUMBER, body="YES"), text(NUMBER, body="STOP", message_id="m-2", timestamp="2026-03-12T14:40:00Z")], shows(consent=_OUT)),
    ("START of the past comes late", [text(NUMBER, body="STOP"), text(NUMBER, body="START", message_id="m-2", timestamp="2026-03-12T14:30:00Z")], shows(consent=_OUT)),
    ("STOP and START in one second", [text(NUMBER, body="STOP"), text(NUMBER, body="START", message_id="m-2")], shows(consent=_OUT)),
    ("START and STOP in one second", [text(NUMBER, body="START"), text(NUMBER, body="STOP", message_id="m-2")], shows(consent=_OUT)),
    ("sms.optin clears", [text(NUMBER, body="STOP"), body_signed("sms.optin", "2026-03-12T15:00:00Z", **{"from": NUMBER})], shows(consent=_IN)),
]  # fmt: skip

NUMBERS: list[Row] = [
    *[(f"{given!r} is {NUMBER}", [url_text(given)], shows())
      for given in (
          "14155552500", "+14155552500", "+1 (415) 555-2500", "(415) 555-2500", "415-555-2500", "415.555.2500",
          "1 415 555 2500", "0014155552500", "00 1 415 555 2500", "tel:+1-415-555-2500", "TEL:14155552500",
          "sip:+14155552500@sip.example.com", "sip:14155552500@10.0.0.1;user=phone", "WhatsApp:+14155552500",
          "whatsapp:+1 415 555 2500", "14155552500.0", "+14155552500.00", "1.41555525E10", "1.41555525e+10",
          "＋１４１５５５５２５００", "+١٤١٥٥٥٥٢٥٠٠", "\u202a+14155552500\u202c", "\u200b14155552500", "+1\u00a0415\u2011555\u20112500",
          "+1 415 555 2500 ext. 7", "+1 415 555 2500 x7", "+14155552500;ext=7", " +14155552500 ", ["14155552500"],
          14155552500, 14155552500.0, "+1 415 555 2500\n")],
    *[(f"{given!r} is national to its company", [url_text(given, own)], shows(number))
      for given, own, number in (
          ("020 7946 0958", "442079460000", "+442079460958"), ("02079460958", "+44 20 7946 0000", "+442079460958"),
          ("3105550123", "13105550199", "+13105550123"), ("030 901820", "4930901821", "+4930901820"),
          ("04 91 57 01 56", "33491570157", "+33491570156"), ("011 44 20 7946 0958", "14155550900", "+442079460958"))],
    *[(f"{given!r} stays as it came", [url_text(given)], shows(given))
      for given in ("49800", "911", "123", "494949", "ACME", "Acme Clinic", "1213566XXXX", "+1415555", "+999999999999", "Alice +14155552500", "client:jordan")],
    *[(f"{given!r} is withheld", [url_text(given)], shows("unknown"))
      for given in ("+266696687", "266696687", "+7378742833", "Anonymous", "RESTRICTED", "unknown", "Private", "", None, "0", False, "call:c-1", "message:m-1")],
    ("a short code came as a number", [url_text(49800)], shows("49800")),
    ("an extension is shown", [url_text("+1 415 555 2500 ext. 7")], shows(somewhere=["ext. 7"])),
    ("the company's number is written nationally", [text(NUMBER, "(415) 555-0900")], fields(justcall_number=OWN)),
    ("a stand-in is shown as it came", [url_text("+266696687")], shows("unknown", somewhere=["266696687"])),
    ("consent is the number's, however it is written",
     [url_signed("jc.contact_status_updated", contact_number="1-415-555-2500", status={"dnd": True})], shows(consent={"dnd": True})),
]  # fmt: skip

DIRECTION: list[Row] = [
    *[(f"sms.sent_received, direction {word!r}", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction=word)], fields(direction="inbound"))
      for word in ("I", "i", "in", "IN", "Inbound", "incoming", " INCOMING ", "inbound-api", ["Incoming"])],
    *[(f"sms.sent_received, direction {word!r} is outbound", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction=word)], fields(direction="outbound"))
      for word in ("O", "o", "out", "Outgoing", "OUTBOUND", "outbound-dial")],
    *[(f"sms.received, direction {word!r} falls back to the type", [text(NUMBER, direction=word)], fields(direction="inbound", text="hi"))
      for word in (None, "", [], {}, False, 1, "sideways", "1", True)],
    ("an unknown word is kept", [text(NUMBER, direction="sideways")], shows(somewhere=["sideways"])),
    *[(f"{event_type} says its direction", [body_signed(event_type, call_id="c-1", **{"from": NUMBER, "to": OWN})], fields(direction="inbound"))
      for event_type in ("call.missed", "call.incoming", "call.voicemail", "voicemail.received", "call.enters_queue")],
    *[(f"{event_type} says its direction: outbound", [body_signed(event_type, call_id="c-1", message_id="m-1", **{"from": OWN, "to": NUMBER})], fields(direction="outbound"))
      for event_type in ("call.initiated", "sms.sent", "whatsapp.message_sent", "sms.delivered", "sms.failed")],
    ("direction beside call_info", [url_call("call.completed", direction="Outgoing", call_info={"type": "Answered"})], fields(direction="outbound", outcome="completed")),
    ("direction in sms_info", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, sms_info={"direction": "O"})], fields(direction="outbound")),
    ("nobody says it, but justcall_number is `from`", [body_signed("call.completed", call_id="c-1", justcall_number=OWN, **{"from": OWN, "to": NUMBER})], fields(direction="outbound")),
    ("nobody says it, but justcall_number is `to`", [body_signed("call.completed", call_id="c-1", justcall_number="14155550900", **{"from": NUMBER, "to": OWN})], fields(direction="inbound")),
    ("nobody says it, but contact_number is `to`", [body_signed("sms.sent_received", id=1, contact_number=NUMBER, **{"from": OWN, "to": NUMBER})], fields(direction="outbound", justcall_number=OWN)),
    ("received from the company's own number", [body_signed("sms.received", message_id="m", justcall_number=OWN, **{"from": OWN, "to": NUMBER})], fields(direction="outbound")),
    ("nobody says anything: kept under the message", [body_signed("sms.sent_received", message_id="m-9", **{"from": OWN, "to": NUMBER})],
     {"timeline_of": "message:m-9", "somewhere": [OWN, NUMBER]}),
    ("the outcome is the type's", [body_signed("call.missed", call_id="c", status="Archived", **{"from": NUMBER})], fields(outcome="missed", direction="inbound")),
    *[(f"outcome {word!r}", [url_call("call.missed", call_info={"type": word, "status": "Archived"})], fields(outcome=outcome))
      for word, outcome in (("Missed", "missed"), ("ABANDONED", "abandoned"), ("Voicemail", "voicemail"), ("", "missed"), (None, "missed"), ("Unanswered", "unanswered"))],
]  # fmt: skip

SHAPE: list[Row] = [
    *[(f"{event_type}: from and to in a `type` envelope", [bytes_signed(event_type, id="x1", direction="inbound", **{"from": NUMBER, "to": OWN})], shows())
      for event_type in ("call.completed", "call.missed", "sms.received", "voicemail.received", "call.updated", "sms.status_updated", "contact.created", "appointment.scheduled")
      if event_type not in ("contact.created", "appointment.scheduled")],
    *[(f"{event_type}: contact_number in an `event` envelope", [body_signed(event_type, id="x1", contact_number="14155552500")], shows())
      for event_type in ("call.completed", "call.missed", "sms.received", "sms.sent", "voicemail.received", "call.updated", "sms.delivered", "sms.optout", "contact.created", "appointment.scheduled")],
    ("url-signed with `event`", [{**url_text(NUMBER), "body": {"event": "sms.received", "data": {"id": 1, "contact_number": NUMBER, "sms_info": {"body": "hi"}}}}], fields(text="hi")),
    *[(f"call_info {nothing!r} is nothing", [url_call("call.completed", call_info=nothing, call_duration=nothing, justcall_ai=nothing, ivr_info=nothing)], fields(outcome="completed"))
      for nothing in ([], {}, None, "", False, [None], [[]])],
    *[(f"sms_info {nothing!r} is nothing", [url_text(NUMBER, sms_info=nothing)], fields(direction="inbound")) for nothing in ([], None, "", False)],
    ("objects as lists of one", [url_call("call.completed", call_info=[{"notes": ["vip"], "type": "Answered"}])], fields(notes="vip", outcome="completed")),
    ("data as a list of one", [raw('{"event":"sms.received","data":[{"message_id":"m","from":"+14155552500","body":"hi"}]}')], fields(text="hi")),
    ("call_info is a text", [url_call("call.completed", call_info="Answered")], shows(somewhere=["Answered"])),
    ("numbers where texts are expected", [url_call("call.completed", call_info={"notes": 4711, "disposition": 3.0, "recording": 5}, agent_name=7)], fields(notes="4711", disposition="3", recording_url="5", agent_name="7")),
    ("a text of digits", [url_text(NUMBER, sms_info={"body": 482913})], fields(text="482913")),
    ("durations as texts", [call("call.completed", duration="185")], fields(duration_seconds=185.0)),
    ("a duration that is none", [call("call.completed", duration="03:05")], shows(somewhere=["03:05"], not_fields=["duration_seconds"])),
    *[(f"mms {mms!r}", [url_text(NUMBER, sms_info={"body": "", "mms": mms})], fields(media=["https://m/1"]))
      for mms in ([{"media_url": "https://m/1"}, None], ["https://m/1", 7], {"media_url": "https://m/1"}, "https://m/1", [{"url": "https://m/1", "content_type": "image/png"}], [[], {"media_url": "https://m/1"}, {"media_url": ""}])],
    *[(f"{name} {media!r}", [text(NUMBER, **{name: media})], fields(media=["https://m/1"]))
      for name, media in (("media_url", "https://m/1"), ("media_url", ["https://m/1"]), ("media_urls", "https://m/1"), ("media_urls", ["https://m/1", None, "https://m/1"]), ("media_url", {"media_url": "https://m/1"}))],
    ("an attachment's other fields are shown", [url_text(NUMBER, sms_info={"mms": [{"media_url": "https://m/1", "content_type": "image/png"}]})], shows(somewhere=["image/png"])),
    *[(f"to {nothing!r}", [body_signed("call.missed", call_id="c", **{"from": NUMBER, "to": nothing})], fields(outcome="missed")) for nothing in (False, None, "", [], {}, [None])],
    ("nested deeper than printers read", [raw('{"event":"call.completed","data":{"call_id":"c","direction":"in","from":"+14155552500","x":' + "[" * 3000 + '"end"' + "]" * 3000 + "}}")], shows(somewhere=["end"])),
    ("a flag as a note", [call("call.completed", notes=True)], shows(somewhere=["notes"])),
]  # fmt: skip

EMPTIES: list[Row] = [
    *[(f"notes {nothing!r} does not empty", [url_call("call.completed", 60, call_info={"notes": "vip"}), url_call("call.updated", call_info={"notes": nothing})], shows(timeline_len=1, fields={"notes": "vip"}))
      for nothing in ("", None, [], {}, False)],
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
      for given, at in (
          (1773326100, "2026-03-12T14:35:00.000Z"), (1773326100.5, "2026-03-12T14:35:00.500Z"), ("1773326100", "2026-03-12T14:35:00.000Z"),
          ("1773326100.250", "2026-03-12T14:35:00.250Z"), (1773326100123, "2026-03-12T14:35:00.123Z"), ("1773326100123", "2026-03-12T14:35:00.123Z"),
          ("2026-03-12t14:35:00z", "2026-03-12T14:35:00.000Z"), ("2026-03-12 14:35:00", "2026-03-12T14:35:00.000Z"), ("2026-03-12 9:05:00 UTC", "2026-03-12T09:05:00.000Z"),
          ("2026-03-12T9:05:00+05:30", "2026-03-12T03:35:00.000Z"), ("Thu, 12 Mar 2026 14:35:00 GMT", "2026-03-12T14:35:00.000Z"), ("12 Mar 2026 14:35:00 +0530", "2026-03-12T09:05:00.000Z"),
          ("2026/03/12 14:35:00", "2026-03-12T14:35:00.000Z"), ("2026-03-12T14:35Z", "2026-03-12T14:35:00.000Z"), ("2026-03-12T14:35:00,5Z", "2026-03-12T14:35:00.500Z"), (" 2026-03-12T14:35:00Z\n", "2026-03-12T14:35:00.000Z"))],
    *[(f"timestamp {given!r} is none", [text(NUMBER, timestamp=given)], shows(at="ARRIVAL"))
      for given in (None, "", "soon", 0, "0", True, [], {}, "0000-00-00 00:00:00", "2026-02-30T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2027-01-01T00:00:00Z", 99999999999999, -1)],
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
    ("a call told again with its recording", [call("call.completed"), call("call.completed", recording_url="https://r/1")], shows(timeline_len=1, fields={"recording_url": "https://r/1"})),
    ("a text told again with its media", [url_text(NUMBER, sms_info={"body": "hi", "mms": []}), url_text(NUMBER, sms_info={"body": "hi", "mms": [{"media_url": "https://m/1"}]})], shows(timeline_len=1, fields={"media": ["https://m/1"]})),
]  # fmt: skip

SHOWN: list[Row] = [
    ("a url-signed call's fields", [url_call("call.completed", call_date="2026-01-05", call_user_time="2:26:55", contact_email="a@b", agent_email="c@d", ivr_info={"digit": "2"}, call_info={"rating": "5", "status": "Archived"}, call_duration={"hold_time": 22, "total_duration": 216, "conversation_time": 1})],
     shows(somewhere=["2026-01-05", "2:26:55", "a@b", "c@d", '"digit": "2"', '"rating": "5"', "Archived", "22", "216"])),
    ("a body-signed call's fields", [call("call.completed", status="Archived", queue="west", tags=["a", {"b": "c"}])], shows(somewhere=["Archived", "west", '"c"', "c-1"])),
    ("an opt-out's text and name", [url_signed("sms.optout", id=1, contact_number=NUMBER, contact_name="Mira", sms_info={"body": "STOP, wrong person"})], shows(somewhere=["STOP, wrong person", "Mira"])),
    ("a status's message", [body_signed("sms.failed", message_id="m-7", error_code=30003, body="t", **{"from": OWN, "to": NUMBER})], shows(somewhere=["30003", "m-7"], fields={"text": "t", "delivery_status": "failed"})),
    ("a contact's fields", [body_signed("contact.created", id=7, phone=NUMBER, first_name="Robin", tags=["vip"], address={"city": "Bern"})], shows(somewhere=["Robin", "vip", "Bern"])),
    ("a contact status's lists", [url_signed("jc.contact_status_updated", contact_number=NUMBER, other_numbers=[{"number": "19876540000"}], notes=[{"description": "demo"}], status={"dnd": True, "why": "asked"})], shows(somewhere=["19876540000", "demo", "asked"])),
    ("an appointment's fields", [url_signed("appointment.scheduled", id=1, contact_number=NUMBER, slot={"with": "Jordan"}, status="cancelled")], shows(somewhere=["Jordan", "cancelled"])),
    ("both shapes at once", [url_call("call.completed", **{"from": "+14155550111", "to": "+14155550222"})], shows(somewhere=["+14155550111", "+14155550222"])),
    ("a second place of a field", [url_call("call.completed", notes="outer", call_info={"notes": "inner"})], shows(somewhere=["outer", "inner"])),
    ("half a character", [raw('{"event":"sms.received","data":{"message_id":"m","from":"+14155552500","body":"a\\ud83d"}}')], shows(somewhere=["a"])),
]  # fmt: skip

_WRONG = "some other secret"
PROBE: list[Row] = [
    *[(f"{body!r}, wrongly signed", [raw(body, _WRONG)], _PROBE)
      for body in ("", "  ", "{}", "null", "[]", '{"type":"call.missed"}', '{"event":"x","data":{}}', '{"event":"x","data":[]}', '{"event":"x","data":null}', '{"event":"x","data":""}', '{"webhook_url":"https://x","url_id":7,"request_id":"r"}', '{"event":"x","timestamp":"2026-03-12T14:35:00Z"}', "\ufeff{}")],
    *[(f"{body!r}, wrongly signed, is a delivery", [raw(body, _WRONG)], _REFUSED)
      for body in ('{"event":"call.missed","call_id":"c"}', '{"event":"x","payload":{}}', '{"event":"x","data":{"id":""}}', '{"event":"x","data":0}', '{"event":"x","data":{},"from":"+1"}', "ping", "0", '"x"', "[1]", "[{}]", '{"type":{"call_id":1}}', '{"event":"x","data":{"a":1},"data":{}}', '{"Event":"x"}', '{"event":"x","webhook_url":["c"]}')],
    *[(f"{body!r}, signed", [raw(body)], _PROBE) for body in ("", "{}", "null", "[]", '{"type":"call.missed","data":{}}')],
    *[(f"{body[:60]!r}, signed, is kept", [raw(body)], _KEPT) for body in ('{"event":"call.missed","call_id":"c"}', '{"event":"x","payload":{}}', "ping", "[1]", "0", '{"data":{"type":"sms"}}', "[" * 20_000)],
]  # fmt: skip

RULES = {
    "consent": CONSENT, "numbers": NUMBERS, "direction": DIRECTION, "shape": SHAPE, "empties": EMPTIES,
    "time": TIME, "one thing": ONE_THING, "shown": SHOWN, "probe": PROBE,
}  # fmt: skip

NEIGHBOURS: list[Case] = [
    {"id": rule, "situation": situation, "steps": steps, "right": right}
    for rule, rows in RULES.items()
    for situation, steps, right in rows
]
