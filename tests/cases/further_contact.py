"""Further neighbours about the contact: consent, numbers, direction. Decided before they were tried."""

from typing import Any

from tests.cases.build import (
    NUMBER,
    OWN,
    Row,
    body_signed,
    fields,
    shows,
    status,
    text,
    these,
    url_call,
    url_signed,
    url_text,
)

_LATE = "2026-03-12T15:00:00Z"
_OUT, _IN = {"opted_out": True}, {"opted_out": False}
_BY_STATUS = "jc.contact_status_updated"

CONSENT: list[Row] = [
    *[(f"dnd {word!r} sets", [status(dnd=word)], shows(consent={"dnd": True}))
      for word in these("\uff59\uff45\uff53", "\uff11", "YES\u200e", "\u00a0true\u00a0", ["1"], [["yes"]], "tRuE\n", [True, None])],
    *[(f"dnd {word!r} clears", [status(60, dnd=True), status(dnd=word)], shows(consent={"dnd": False}))
      for word in these("\uff10", "no\u200b", ["0"], [["no"]], " Off\t", -0.0)],
    *[(f"dnd {word!r} changes nothing", [status(60, dnd=True), status(dnd=word)], shows(consent={"dnd": True}))
      for word in these("null", "none", "not set", "disabled?", "00", "1,0", 0.5, [[]], {"dnd": False}, "cleared", "-", "?")],
    ("three flags, two words", [status(dnm="y", blacklist="no")], shows(consent={"dnm": True, "blacklist": False, "dnd": None})),
    *[(f"status in a list with {nothing!r}", [url_signed(_BY_STATUS, contact_number=NUMBER, status=[nothing, {"dnd": "1"}])], shows(consent={"dnd": True}))
      for nothing in these(None, [], False, "")],
    ("the number in a list", [url_signed(_BY_STATUS, contact_number=[NUMBER], status={"dnd": "1"})], shows(consent={"dnd": True})),
    *[(f"flags, named by {side} alone", [body_signed(_BY_STATUS, status={"dnd": True}, **{side: NUMBER})], shows(consent={"dnd": True})) for side in ("from", "to")],
    ("flags, named by an object", [body_signed(_BY_STATUS, contact={"phone": NUMBER}, status={"dnd": True})], shows(consent={"dnd": True})),
    ("flags, with the company's number", [url_signed(_BY_STATUS, contact_number=NUMBER, justcall_number=OWN, status={"dnd": True})], shows(consent={"dnd": True})),
    ("an opt-out with flags", [body_signed("sms.optout", message_id="m", from_=NUMBER, status={"dnm": True})], shows(consent={"opted_out": True, "dnm": True})),
    ("an opt-out whose status is a word", [body_signed("sms.optout", message_id="m", from_=NUMBER, status="received")], shows(consent=_OUT, somewhere=["received"])),
    *[(f"an opt-out with the text {word!r}", [body_signed("sms.optout", message_id="m", from_=NUMBER, body=word)], shows(consent=_OUT)) for word in these("", None, "START", "no more")],
    ("an outbound opt-out", [body_signed("sms.optout", message_id="m", direction="outbound", from_=OWN, to=NUMBER)], shows(consent=_OUT)),
    ("a body-signed opt-out, contact_number", [body_signed("sms.optout", contact_number="14155552500")], shows(consent=_OUT)),
    ("a url-signed opt-out", [url_signed("sms.optout", id=4, contact_number=NUMBER)], shows(consent=_OUT)),
    ("an opt-in of before arrives after", [body_signed("sms.optout", _LATE, from_=NUMBER), body_signed("sms.optin", from_=NUMBER)], shows(consent=_OUT)),
    ("opt-out and opt-in in one second", [body_signed("sms.optout", from_=NUMBER), body_signed("sms.optin", from_=NUMBER)], shows(consent=_OUT)),
    *[(f"the text {word!r} opts out", [text(NUMBER, body=word)], shows(consent=_OUT))
      for word in these("STOP" + " " * 200, " " * 150 + "stop", "STOP!!!!", "\u00abSTOP\u00bb", "STOP \U0001f6d1", "Stop\r\n", "\ufeffSTOP", "s\u200btop", "STOP-ALL", "opt_out", "OPT  OUT.", "'end'", "REVOKE\u2026",
                        "(quit)", "*STOP*", ["STOP"], "Stop\u3002", "STOP" + "!" * 150, "un-subscribe", "\u00a0STOP\u00a0")],
    *[(f"the text {word!r} is no opt-out", [text(NUMBER, body=word)], shows(consent={"opted_out": None}))
      for word in these("stopped", "please stop", "STOP CALLING ME", "can't stop", "STOP2END", "cancelled", "ending", "start stop", ["STOP", "x"], {"text": "STOP"})],
    *[(f"the text {word!r} after STOP opts in", [text(NUMBER, body="STOP"), text(NUMBER, body=word, message_id="m-2", timestamp=_LATE)], shows(consent=_IN))
      for word in these("Start!", "  unstop.", "yes\n", "START" + " " * 120, "\uff33\uff34\uff21\uff32\uff34")],
    *[(f"the text {word!r} after STOP is no opt-in", [text(NUMBER, body="STOP"), text(NUMBER, body=word, message_id="m-2", timestamp=_LATE)], shows(consent=_OUT))
      for word in these("yes please", "start now", "restart", "y", "ok", "Yes, stop")],
    ("START alone clears", [text(NUMBER, body="START")], shows(consent=_IN)),
    ("YES after an opt-out event", [body_signed("sms.optout", from_=NUMBER), text(NUMBER, body="yes", timestamp=_LATE)], shows(consent=_IN)),
    ("STOP and YES in one second", [text(NUMBER, body="STOP"), text(NUMBER, body="YES", message_id="m-2")], shows(consent=_OUT)),
    ("STOP in a text that is called sent, and inbound", [body_signed("sms.sent", message_id="m", direction="inbound", from_=NUMBER, to=OWN, body="STOP")], shows(consent=_OUT)),
    ("STOP that sms.sent sent", [body_signed("sms.sent", message_id="m", direction="outbound", from_=OWN, to=NUMBER, body="STOP")], shows(consent={"opted_out": None})),
    ("body-signed WhatsApp STOP", [body_signed("whatsapp.message_received", message_id="m", from_=NUMBER, to=OWN, body="STOP")], shows(consent=_OUT)),
    ("STOP as content", [url_signed("sms.received", id=1, contact_number=NUMBER, content="STOP")], shows(consent=_OUT)),
    ("STOP in a list of one", [url_text(NUMBER, sms_info=[{"body": "STOP"}])], shows(consent=_OUT)),
    ("STOP, inbound by the numbers", [body_signed("sms.sent_received", message_id="m", justcall_number=OWN, from_=NUMBER, to=OWN, body="STOP")], shows(consent=_OUT)),
    ("STOP of a withheld sender", [text("Anonymous", body="STOP")], shows("unknown", consent={"opted_out": None})),
    ("START of a fast clock, then STOP", [url_signed("sms.received", {"ago": -290}, id=1, contact_number=NUMBER, sms_info={"body": "START"}), url_signed("sms.received", id=2, contact_number=NUMBER, sms_info={"body": "STOP"})], shows(consent=_OUT)),
    ("cleared by a fast clock, then set", [status(-290, dnd=False), status(dnd=True)], shows(consent={"dnd": True})),
    ("set, cleared, set", [status(90, dnd=True), status(60, dnd=False), status(30, dnd="y")], shows(consent={"dnd": True})),
    ("the older one arrives last", [status(30, dnd=False), status(60, dnd=True)], shows(consent={"dnd": False})),
]  # fmt: skip

_US, _GB, _DE, _INDIA, _AU = (
    "14155550900",
    "442079460000",
    "4930901821",
    "912261234567",
    "61298765432",
)
_NATIONAL: dict[str, dict[str, tuple[Any, ...]]] = {
    _GB: {"+447911123456": ("07911 123456", "(07911) 123456", "7911123456", "\uff10\uff17\uff19\uff11\uff11\uff11\uff12\uff13\uff14\uff15\uff16", "0044 7911 123456", "00447911123456")},
    _DE: {"+4915123456789": ("0151 23456789", "0151/23456789"), "+4930901820": ("030-901820", "(030) 90 18 20", "0049 30 901820"), "+447911123456": ("(0044) 7911 123456",)},
    _INDIA: {"+919876543210": ("098765 43210", "09876543210", "9876543210", "98765 43210", "919876543210", "0091 98765 43210"), "+447911123456": ("00447911123456",)},
    _AU: {"+61412345678": ("0412 345 678", "0412345678", "412345678", "61 412 345 678", 61412345678, 412345678, 412345678.0), "+61291234567": ("(02) 9123 4567", "0291234567"), "+447911123456": ("0011 44 7911 123456",)},
    "33491570157": {"+33612345678": ("0612345678", "06 12 34 56 78", "06.12.34.56.78")},
    "390612345678": {"+393471234567": ("347 123 4567",), "+390698765432": ("06 98765432",)},
    "551133334444": {"+5511912345678": ("(11) 91234-5678",)},
    "41446681800": {"+41446681801": ("044 668 18 01",)},
    "34911234567": {"+34612345678": ("612 345 678",)},
    "6499876543": {"+64211234567": ("021 123 4567",)},
    "6561234567": {"+6581234567": ("8123 4567",)},
    _US: {"+447911123456": ("(+44) 7911 123456", "+(44) 7911 123456", "+44 (0)7911 123456", "0044 (0)7911 123456", "44(0)7911123456", "+0044 7911 123456"),
          "+4930901820": ("004930901820", "4930901820", "+49 (0) 30 901820"), "+4915123456789": ("whatsapp:+49 151 23456789",)},
}  # fmt: skip
_FORMS = (
    "+1 415 555 2500;12", "+1 415 555 2500,,12", "+1 415 555 2500 extension 12", "+1 415 555 2500 EXT12", "(415) 555-2500 x 12", "14155552500x12", "415-555-2500 #12", "415-555-2500, ext. 12",
    "sip:0014155552500@h.example", "sips:+14155552500@h:5061;transport=tls", "<sip:+14155552500@h>", "sip:(415)555-2500@h", "SIP:14155552500@1.2.3.4:5060", "tel://+14155552500",
    "tel:+14155552500;phone-context=example.com", "tel:415-555-2500;ext=3", "WHATSAPP:14155552500.0", "tel:+1-415-555-2500 ", "callto:+14155552500", "whatsapp://+14155552500",
    "'+14155552500", '"+14155552500"', "(+1)4155552500", "\uff0b\uff11\uff08\uff14\uff11\uff15\uff09\uff15\uff15\uff15\uff0d\uff12\uff15\uff10\uff10", "\u2066+1 415 555 2500\u2069", "+\u0967\u096a\u0967\u096b\u096b\u096b\u096b\u0968\u096b\u0966\u0966", "\u06f1\u06f4\u06f1\u06f5\u06f5\u06f5\u06f5\u06f2\u06f5\u06f0\u06f0", "\ufe6214155552500", "+ 1 415 555 2500",
    "+1\u20604155552500", "+1 415\u2013555\u20132500", "+1\u2212415\u2212555\u22122500", "+1\t415\t555\t2500", "1.415.555.2500", "+1 415 555 2500.", "1.41555525e+010", "14,155,552,500", "++14155552500",
)  # fmt: skip
_AS_THEY_CAME = (
    "+07911 123456", "+1+4155552500", "+14155552500 poste 12", '"Mira" <sip:+14155552500@h>', "[+1] 415 555 2500", "14155552500,0", "112", "123456", "100100", "+49800", "12", "1234567", "*67",
)  # fmt: skip
_WITHHELD: tuple[Any, ...] = (
    "+86282452253", "+8656696", "+2562533", "7378742833", "7378742833.0", "sip:anonymous@anonymous.invalid", "sip:+266696687@h", "whatsapp:anonymous", "ANONYMOUS\u200e", "Withheld", "No Caller ID",
    "Unknown Caller", "Private Caller", "hidden", "+0", "+", "00000000000", "-", "tel:", "   ", "\u200b", 266696687, [], {}, [None], "Restricted Number", "+266-696-687", "voicemail:v-1",
)  # fmt: skip

NUMBERS: list[Row] = [
    *[(f"{given!r} is {number}, by {own}", [url_text(given, own)], shows(number)) for own, numbers in _NATIONAL.items() for number, all_given in numbers.items() for given in all_given],
    *[(f"{given!r} is {NUMBER}", [url_text(given)], shows()) for given in _FORMS],
    *[(f"{given!r} is the short code 49800", [url_text(given)], shows("49800")) for given in these("\uff14\uff19\uff18\uff10\uff10", "49800.0", 49800.0, "tel:49800", " 49800 ", "whatsapp:49800", "\u0664\u0669\u0668\u0660\u0660", "sip:49800@h")],
    *[(f"{given!r} stays as it came", [url_text(given)], shows(given)) for given in _AS_THEY_CAME],
    *[(f"{given!r} is withheld", [url_text(given)], shows("unknown")) for given in _WITHHELD],
    ("both are national", [text("07911 123456", "+44 20 7946 0000")], shows("+447911123456")),
    ("the called number is national", [body_signed("sms.sent", message_id="m", direction="outbound", from_="+61298765432", to="0412 345 678", body="x")], shows("+61412345678")),
    ("the company's is national to its contact", [text("+447911123456", "020 7946 0000")], fields("+447911123456", justcall_number="+442079460000")),
    *[(f"the company's number is the short code {own!r}", [url_text(NUMBER, own)], fields(justcall_number="49800")) for own in these("49800", 49800)],
    ("national to the sales dialer's number", [url_signed("sd.call_completed", call_id=1, call_sid="CA", contact_number="0412345678", sales_dialer_number=_AU)], shows("+61412345678")),
]  # fmt: skip

_UNSAID = (("call.missed", "inbound"), ("call.initiated", "outbound"), ("whatsapp.message_sent", "outbound"), ("call.voicemail", "inbound"), ("sms.failed", "outbound"), ("call.exits_queue", "inbound"),
           ("whatsapp.message_received", "inbound"), ("sms.optout", "inbound"))  # fmt: skip
_ANY_DIRECTION = (
    "call.completed",
    "call.answered",
    "call.updated",
    "sms.sent_received",
    "jc.call_ai_generated",
)
_BOTH = (body_signed, url_signed)

DIRECTION: list[Row] = [
    *[(f"direction {word!r}", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction=word)], fields(direction=direction))
      for direction, words in (("inbound", these("In-bound", "INCOMING CALL", "\uff29", "\u200eIncoming", "inbound\u00a0", [["I"]], "in ", "Inward")), ("outbound", these("Out-going", "OUT", "\uff2f\uff35\uff34", "outbound-api", "Outward", " o ", ["O", None])))
      for word in words],
    *[(f"{signed.__name__} {event_type}, direction {word!r}, falls back to the type", [signed(event_type, None, call_id="c", message_id="m", direction=word, justcall_number=OWN, contact_number=NUMBER)], fields(direction=direction))
      for event_type, direction in _UNSAID for signed in _BOTH for word in these("missed", {}, 0)],
    ("a known word comes before the type", [body_signed("sms.received", message_id="m", direction="outbound", from_=OWN, to=NUMBER)], fields(direction="outbound")),
    ("an unknown word in call_info, a known one beside it", [url_call("call.completed", direction="O", call_info={"direction": "??"})], shows(fields={"direction": "outbound"}, somewhere=["??"])),
    ("call_info comes before the word beside it", [url_call("call.completed", direction="In", call_info={"direction": ["Outgoing"]})], shows(fields={"direction": "outbound"}, somewhere=["In"])),
    ("body-signed call_info", [body_signed("call.completed", call_id="c", call_info={"direction": "Outgoing"}, from_=OWN, to=NUMBER)], fields(direction="outbound")),
    *[(f"{signed.__name__} {event_type}, {OWN} is justcall_number and {own}", [signed(event_type, None, call_id="c", id="1", justcall_number="14155550900", **{own: "+14155550900", other: NUMBER})], fields(direction=direction))
      for event_type in _ANY_DIRECTION for signed in _BOTH for own, other, direction in (("from", "to", "outbound"), ("to", "from", "inbound"))],
    ("the sales dialer's number is `from`", [url_signed("sd.call_completed", call_id=1, sales_dialer_number=OWN, from_=OWN, to=NUMBER)], fields(direction="outbound")),
    ("missed, from the company's own number", [body_signed("call.missed", call_id="c", justcall_number=OWN, from_=OWN, to=NUMBER)], shows()),
    ("contact_number is the company's, `to` the contact's", [body_signed("sms.sent_received", message_id="m", contact_number=OWN, justcall_number=OWN, from_=OWN, to=NUMBER)], fields(direction="outbound")),
    ("contact_number is the company's, nationally", [url_signed("sms.received", id=1, contact_number="(415) 555-0900", justcall_number=OWN, from_=NUMBER)], fields(direction="inbound")),
    *[(f"outcome {word!r}", [url_call("call.completed", call_info={"type": word, "status": "Archived"}, status="Unarchived")], fields(outcome=outcome))
      for word, outcome in these(("answered", "completed"), ([" Unanswered "], "unanswered"), ([], "completed"), (False, "completed"), (True, "completed"), ("VOICEMAIL", "voicemail"), ({}, "completed"))],
    ("JustCall's word for the outcome is shown", [url_call("call.completed", call_info={"type": "Answered"})], fields(outcome="completed", outcome_given="Answered")),
    ("a voicemail's outcome", [url_call("call.voicemail")], fields(outcome="voicemail", direction="inbound")),
    ("the sales dialer's outcome", [url_signed("sd.call_completed", call_id=4, contact_number=NUMBER, sales_dialer_number=OWN, call_info={"type": "Unanswered", "direction": "Outgoing"})], fields(outcome="unanswered", direction="outbound")),
]  # fmt: skip
