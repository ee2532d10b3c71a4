"""Neighbours of the cases about the shape of payloads, and about showing all of them."""

from tests.cases.build import (
    NUMBER,
    OWN,
    Row,
    body_signed,
    bytes_signed,
    call,
    fields,
    raw,
    shows,
    text,
    these,
    url_call,
    url_signed,
    url_text,
)

SHAPE: list[Row] = [
    *[(f"{event_type}: from and to in a `type` envelope", [bytes_signed(event_type, id="x1", direction="inbound", **{"from": NUMBER, "to": OWN})], shows())
      for event_type in ("call.completed", "call.missed", "sms.received", "voicemail.received", "call.updated", "sms.status_updated", "contact.created", "appointment.scheduled")
      if event_type not in ("contact.created", "appointment.scheduled")],
    *[(f"{event_type}: contact_number in an `event` envelope", [body_signed(event_type, id="x1", contact_number="14155552500")], shows())
      for event_type in ("call.completed", "call.missed", "sms.received", "sms.sent", "voicemail.received", "call.updated", "sms.delivered", "sms.optout", "contact.created", "appointment.scheduled")],
    ("url-signed with `event`", [{**url_text(NUMBER), "body": {"event": "sms.received", "data": {"id": 1, "contact_number": NUMBER, "sms_info": {"body": "hi"}}}}], fields(text="hi")),
    *[(f"call_info {nothing!r} is nothing", [url_call("call.completed", call_info=nothing, call_duration=nothing, justcall_ai=nothing, ivr_info=nothing)], fields(outcome="completed"))
      for nothing in these([], {}, None, "", False, [None], [[]])],
    *[(f"sms_info {nothing!r} is nothing", [url_text(NUMBER, sms_info=nothing)], fields(direction="inbound")) for nothing in these([], None, "", False)],
    ("objects as lists of one", [url_call("call.completed", call_info=[{"notes": ["vip"], "type": "Answered"}])], fields(notes="vip", outcome="completed")),
    ("data as a list of one", [raw('{"event":"sms.received","data":[{"message_id":"m","from":"+14155552500","body":"hi"}]}')], fields(text="hi")),
    ("call_info is a text", [url_call("call.completed", call_info="Answered")], shows(somewhere=["Answered"])),
    ("numbers where texts are expected", [url_call("call.completed", call_info={"notes": 4711, "disposition": 3.0, "recording": 5}, agent_name=7)], fields(notes="4711", disposition="3", recording_url="5", agent_name="7")),
    ("a text of digits", [url_text(NUMBER, sms_info={"body": 482913})], fields(text="482913")),
    ("durations as texts", [call("call.completed", duration="185")], fields(duration_seconds=185.0)),
    ("a duration that is none", [call("call.completed", duration="03:05")], shows(somewhere=["03:05"], not_fields=["duration_seconds"])),
    *[(f"mms {mms!r}", [url_text(NUMBER, sms_info={"body": "", "mms": mms})], fields(media=["https://m/1"]))
      for mms in these([{"media_url": "https://m/1"}, None], ["https://m/1", 7], {"media_url": "https://m/1"}, "https://m/1", [{"url": "https://m/1", "content_type": "image/png"}], [[], {"media_url": "https://m/1"}, {"media_url": ""}])],
    *[(f"{name} {media!r}", [text(NUMBER, **{name: media})], fields(media=["https://m/1"]))
      for name, media in these(("media_url", "https://m/1"), ("media_url", ["https://m/1"]), ("media_urls", "https://m/1"), ("media_urls", ["https://m/1", None, "https://m/1"]), ("media_url", {"media_url": "https://m/1"}))],
    ("an attachment's other fields are shown", [url_text(NUMBER, sms_info={"mms": [{"media_url": "https://m/1", "content_type": "image/png"}]})], shows(somewhere=["image/png"])),
    *[(f"to {nothing!r}", [body_signed("call.missed", call_id="c", **{"from": NUMBER, "to": nothing})], fields(outcome="missed")) for nothing in these(False, None, "", [], {}, [None])],
    ("nested deeper than printers read", [raw('{"event":"call.completed","data":{"call_id":"c","direction":"in","from":"+14155552500","x":' + "[" * 3000 + '"end"' + "]" * 3000 + "}}")], shows(somewhere=["end"])),
    ("a flag as a note", [call("call.completed", notes=True)], shows(somewhere=["notes"])),
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
    ("both shapes at once", [url_call("call.completed", from_="+14155550111", to="+14155550222")], shows(somewhere=["+14155550111", "+14155550222"])),
    ("a second place of a field", [url_call("call.completed", notes="outer", call_info={"notes": "inner"})], shows(somewhere=["outer", "inner"])),
    ("half a character", [raw('{"event":"sms.received","data":{"message_id":"m","from":"+14155552500","body":"a\\ud83d"}}')], shows(somewhere=["a"])),
]  # fmt: skip
