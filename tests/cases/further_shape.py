"""Further neighbours about the shape of payloads. Decided before they were tried."""

from typing import Any

from justcall.catalogue import TYPES
from tests.cases.build import (
    NUMBER,
    OWN,
    Row,
    body_signed,
    call,
    fields,
    raw,
    shows,
    text,
    these,
    url_signed,
    url_text,
)
from tests.cases.runner import Case

_BOTH = (body_signed, url_signed)
_OF_CONTACTS = ("contact.created", "appointment.scheduled", "jc.contact_status_updated")
_OUTBOUND = ("initiated", "message_sent", "delivered", "failed")
_NOTHING: dict[str, Any] = {
    "id": [], "justcall_number": False, "call_info": "", "sms_info": [[]], "status": [], "direction": {}, "agent_id": [], "media_url": False, "media_urls": {}, "call_duration": None, "justcall_ai": False,
}  # fmt: skip


def _call(**data: Any) -> Case:
    return body_signed("call.completed", call_id="c", direction="in", from_=NUMBER, **data)


def _received(data: str, event: str = '"sms.received"', more: str = "") -> Case:
    return raw(f'{{"event":{event},{more}"data":{data}}}')


_TEXT = '{"message_id":"m","from":"+14155552500","body":"hi"}'

SHAPE: list[Row] = [
    *[(f"{signed.__name__} {event_type}: {name}", [signed(event_type, None, **data)], shows())
      for event_type in TYPES for signed in _BOTH
      for name, data in these(
          ("from and to, inbound", {"id": "x", "direction": "inbound", "from": NUMBER, "to": OWN}), ("from and to, outbound", {"id": "x", "direction": "outbound", "from": OWN, "to": NUMBER}),
          ("contact and own number", {"id": "x", "contact_number": 14155552500, "justcall_number": [OWN]}), ("a contact and nothing else", {"contact_number": [NUMBER], **_NOTHING}))],
    *[(f"{signed.__name__} {event_type}: {side} alone", [signed(event_type, None, id="x", **{side: NUMBER})], shows()) for event_type in _OF_CONTACTS for signed in _BOTH for side in ("from", "to")],
    *[(f"{signed.__name__} {event_type}: from, and own number", [signed(event_type, None, id="x", from_=NUMBER, justcall_number=OWN)], shows())
      for event_type in TYPES if event_type != "sms.sent" and not event_type.endswith(_OUTBOUND) for signed in _BOTH],
    *[(f"data {data}", [_received(data)], fields(text="hi")) for data in (f"[null,{_TEXT}]", f"[[{_TEXT}]]", f"[{_TEXT},[]]", f"[false,[{_TEXT}]]")],
    *[(f"event {event}", [_received(_TEXT, event, more)], fields(text="hi")) for event, more in (('"  "', '"type":"sms.received",'), ("[]", '"type":"sms.received",'), ('["sms.received"]', ""), ('" sms.received\\n"', ""))],
    *[(f"a contact as {data}", [body_signed("contact.created", id=1, **data)], shows())
      for data in these({"phone_number": NUMBER}, {"contact": {"number": NUMBER}}, {"contact": {"contact_number": NUMBER}}, {"contact": [{"phone": NUMBER}]}, {"phone": ["", NUMBER]}, {"contact_number": "", "phone": NUMBER})],
    ("contact_number is {}, `from` is the contact", [url_signed("sms.received", id=1, contact_number={}, from_=NUMBER)], shows()),
    *[(f"agent {agent!r}", [_call(agent=agent)], fields(agent_id=4, agent_name="Sam")) for agent in these({"id": 4, "name": "Sam"}, [{"id": 4, "name": "Sam"}])],
    *[(f"duration {duration!r}", [_call(duration=duration)], fields(duration_seconds=185.0)) for duration in these(["185"], " 185 ", "185.0", 185)],
    *[(f"{name} {nothing!r}", [_call(**{name: nothing})], shows(not_fields=["duration_seconds", "recording_url", "notes"])) for name, nothing in these(("duration", {}), ("recording_url", False), ("notes", []), ("notes", [[], ""]), ("notes", "  "))],
    ("a recording in a list", [_call(recording_url=["https://r/1"])], fields(recording_url="https://r/1")),
    ("a recording in an object", [_call(recording_url={"url": "https://r/1"})], shows(somewhere=["https://r/1"])),
    *[(f"text {body!r}", [text(NUMBER, body=body)], fields(text=shown)) for body, shown in these((4829.0, "4829"), (["hi", None], "hi"), (0, "0"))],
    ("a flag as a text", [text(NUMBER, body=True)], shows(somewhere=["true"])),
    *[(f"mms {mms!r}", [url_text(NUMBER, sms_info={"mms": mms})], shows(fields={"media": ["https://m/1"]}, somewhere=somewhere))
      for mms, somewhere in these(([[{"media_url": "https://m/1"}]], []), ([{"media_url": ["https://m/1"]}], []), ([True, {"media_url": "https://m/1"}, 37], ["37"]), ([{"link": " https://m/1\n", "size": 37}], ["37"]), ([{"media_url": ["https://m/1", {"k": 37}]}], ["37"]))],
    ("mms by number", [url_text(NUMBER, sms_info={"mms": {"0": {"media_url": "https://m/1"}}})], shows(somewhere=["https://m/1"])),
    ("media in both shapes", [body_signed("sms.received", message_id="m", from_=NUMBER, sms_info={"mms": [{"media_url": "https://m/1"}]}, media_url="https://m/2")], fields(media=["https://m/2", "https://m/1"])),
    ("media with blanks", [text(NUMBER, media_urls=[" https://m/1 ", "", "  "])], fields(media=["https://m/1"])),
    ("two where one is expected", [url_text(NUMBER, sms_info=[{"body": "hi"}, {"body": "there"}])], shows(somewhere=["hi", "there"])),
]  # fmt: skip


def _twice(
    before: dict[str, Any],
    after: dict[str, Any],
    first: str = "call.completed",
    second: str = "call.updated",
    **right: Any,
) -> list[Row]:
    """Return two events of a call in both orders of arrival."""
    steps = [call(first, **before), call(second, 40, **after)]
    return [
        (
            f"{first} {before}, {second} {after}, order {order}",
            steps[::order],
            shows(timeline_len=1, fields=right),
        )
        for order in (1, -1)
    ]


_INFO = "call_info"
_AGAIN = "2026-03-12T14:40:00Z"

EMPTIES: list[Row] = [
    *[row for nothing in these("   ", "\n", [""], [None], [[]], [False]) for row in _twice({"notes": "vip"}, {"notes": nothing}, notes="vip")],
    *[row for nothing in these("", [], [""], None, False, "  ", {"a": None}) for row in _twice({"tag": "vip"}, {"tag": nothing}, unknown_fields={"tag": "vip"})],
    *[row for nothing in these([{}], [{"a": ""}], {"a": None}, [[""]]) for row in _twice({"justcall_ai": {"a": "x"}}, {"justcall_ai": nothing}, ai={"a": "x"})],
    *_twice({"ivr": {"digit": "2"}}, {"ivr": {"digit": ""}}, unknown_fields={"ivr": {"digit": "2"}}),
    *_twice({"ivr": [{"digit": "2"}]}, {"ivr": [{"digit": ""}]}, unknown_fields={"ivr": [{"digit": "2"}]}),
    *[row for zero in these("0", 0.0, "00") for row in _twice({"duration": 60}, {"duration": zero}, duration_seconds=60.0)],
    *[row for zero in these("0", 0, [], None) for row in _twice({"call_duration": {"hold_time": "22"}}, {"call_duration": {"hold_time": zero}}, unknown_fields={"call_duration": {"hold_time": "22"}})],
    *_twice({"agent_id": 4}, {"agent_id": 0}, agent_id=4), *_twice({"contact_name": "Mira"}, {"contact_name": False}, contact_name="Mira"), *_twice({"disposition": "Sale"}, {"disposition": []}, disposition="Sale"),
    *_twice({"recording_url": "https://r/1"}, {"recording": None, _INFO: {"recording": ""}}, recording_url="https://r/1"),
    *_twice({_INFO: {"type": "Unanswered"}}, {_INFO: {"type": ""}}, second="call.completed", outcome="unanswered"),
    *_twice({_INFO: {"type": "Abandoned"}}, {_INFO: {"type": None}}, "call.missed", "call.missed", outcome="abandoned"),
    *_twice({_INFO: {"type": "Unanswered"}}, {}, "call.missed", "call.completed", outcome="unanswered"),
    *_twice({}, {}, "call.missed", "call.completed", outcome="completed"),
    *_twice({_INFO: {"type": "Missed"}}, {_INFO: {"type": "Answered"}}, "call.missed", "call.completed", outcome="completed"),
    *_twice({}, {_INFO: {"type": "Voicemail"}}, outcome="voicemail"),
    ("a delivered text", [body_signed("sms.sent", message_id="m", direction="outbound", from_=OWN, to=NUMBER, body="t", media_url="https://m/1"), body_signed("sms.delivered", _AGAIN, message_id="m", body="", media_url=None, to=NUMBER)],
     shows(timeline_len=1, fields={"text": "t", "media": ["https://m/1"], "delivery_status": "delivered"})),
    ("an appointment called off", [url_signed("appointment.scheduled", {"ago": 60}, id=1, contact_number=NUMBER, appointment_time="x", status="scheduled"), url_signed("appointment.scheduled", id=1, contact_number=NUMBER, appointment_time="", status="cancelled")],
     shows(timeline_len=1, fields={"appointment_time": "x", "status": "cancelled"})),
    ("a contact, emptier", [body_signed("contact.created", id=7, phone=NUMBER, company="Acme", email="a@b"), body_signed("contact.created", _AGAIN, id=7, phone=NUMBER, company="", email=None)], shows(timeline_len=1, fields={"company": "Acme", "email": "a@b"})),
    ("an update with an empty number", [call("call.completed"), body_signed("call.updated", _AGAIN, call_id="c-1", contact_number="", notes="n")], shows(timeline_len=1, fields={"notes": "n", "number": NUMBER})),
]  # fmt: skip
