"""Neighbours of the cases about the contact: consent, numbers, direction."""

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
    wide,
)

_OUT = {"opted_out": True}
_IN = {"opted_out": False}

CONSENT: list[Row] = [
    *[(f"dnd {word!r} sets", [status(dnd=word)], shows(consent={"dnd": True}))
      for word in these(True, 1, 1.0, "1", "TRUE", " Yes ", "y", "On", "T", [True], ["yes"])],
    *[(f"dnd {word!r} clears", [status(60, dnd=True), status(dnd=word)], shows(consent={"dnd": False}))
      for word in these(False, 0, 0.0, "0", "False", " NO ", "n", "OFF", "f", [False])],
    *[(f"dnd {word!r} changes nothing", [status(60, dnd=True), status(dnd=word)], shows(consent={"dnd": True}))
      for word in these("", None, "N/A", "maybe", 2, -1, "2", [], {}, [0, 1], {"value": False}, "nope")],
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
      for word in these("STOP", "stop", " Stop. ", "STOPALL", "Unsubscribe!", "cancel", "END", "Quit...", "revoke", "OPTOUT", "opt out", "Opt-Out", "stop all", wide("STOP"), "STOP\u200e", "'Stop'")],
    *[(f"the text {word!r} is no opt-out", [text(NUMBER, body=word)], shows(consent={"opted_out": None}))
      for word in these("don't stop", "Stop by at ten", "STOP it", "endless", "", "the end", "never cancel")],
    ("url-signed STOP", [url_text(NUMBER, sms_info={"body": "Stop"})], shows(consent=_OUT)),
    ("WhatsApp STOP", [url_signed("whatsapp.message_received", id=1, contact_number=NUMBER, sms_info={"body": "STOP"})], shows(consent=_OUT)),
    ("STOP in either direction, inbound", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction="I", sms_info={"body": "STOP"})], shows(consent=_OUT)),
    ("STOP that the company sent", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction="O", sms_info={"body": "STOP"})], shows(consent={"opted_out": None})),
    *[(f"{word!r} after STOP opts in", [text(NUMBER, body="STOP"), text(NUMBER, body=word, message_id="m-2", timestamp="2026-03-12T14:40:00Z")], shows(consent=_IN))
      for word in these("START", "unstop", "Yes", "YES!")],
    ("YES without STOP says nothing", [text(NUMBER, body="YES")], shows(consent={"opted_out": None})),
    ("YES before STOP", [text(NUMBER, body="YES"), text(NUMBER, body="STOP", message_id="m-2", timestamp="2026-03-12T14:40:00Z")], shows(consent=_OUT)),
    ("START of the past comes late", [text(NUMBER, body="STOP"), text(NUMBER, body="START", message_id="m-2", timestamp="2026-03-12T14:30:00Z")], shows(consent=_OUT)),
    ("STOP and START in one second", [text(NUMBER, body="STOP"), text(NUMBER, body="START", message_id="m-2")], shows(consent=_OUT)),
    ("START and STOP in one second", [text(NUMBER, body="START"), text(NUMBER, body="STOP", message_id="m-2")], shows(consent=_OUT)),
    ("sms.optin clears", [text(NUMBER, body="STOP"), body_signed("sms.optin", "2026-03-12T15:00:00Z", **{"from": NUMBER})], shows(consent=_IN)),
]  # fmt: skip

NUMBERS: list[Row] = [
    *[(f"{given!r} is {NUMBER}", [url_text(given)], shows())
      for given in these(
          "14155552500", "+14155552500", "+1 (415) 555-2500", "(415) 555-2500", "415-555-2500", "415.555.2500",
          "1 415 555 2500", "0014155552500", "00 1 415 555 2500", "tel:+1-415-555-2500", "TEL:14155552500",
          "sip:+14155552500@sip.example.com", "sip:14155552500@10.0.0.1;user=phone", "WhatsApp:+14155552500",
          "whatsapp:+1 415 555 2500", "14155552500.0", "+14155552500.00", "1.41555525E10", "1.41555525e+10",
          wide("+14155552500"), "+١٤١٥٥٥٥٢٥٠٠", "\u202a+14155552500\u202c", "\u200b14155552500", "+1\u00a0415\u2011555\u20112500",
          "+1 415 555 2500 ext. 7", "+1 415 555 2500 x7", "+14155552500;ext=7", " +14155552500 ", ["14155552500"],
          14155552500, 14155552500.0, "+1 415 555 2500\n")],
    *[(f"{given!r} is national to its company", [url_text(given, own)], shows(number))
      for given, own, number in these(
          ("020 7946 0958", "442079460000", "+442079460958"), ("02079460958", "+44 20 7946 0000", "+442079460958"),
          ("3105550123", "13105550199", "+13105550123"), ("030 901820", "4930901821", "+4930901820"),
          ("04 91 57 01 56", "33491570157", "+33491570156"), ("011 44 20 7946 0958", "14155550900", "+442079460958"))],
    *[(f"{given!r} stays as it came", [url_text(given)], shows(given))
      for given in these("49800", "911", "123", "494949", "ACME", "Acme Clinic", "1213566XXXX", "+1415555", "+999999999999", "Alice +14155552500", "client:jordan")],
    *[(f"{given!r} is withheld", [url_text(given)], shows("unknown"))
      for given in these("+266696687", "266696687", "+7378742833", "Anonymous", "RESTRICTED", "unknown", "Private", "", None, "0", False, "call:c-1", "message:m-1")],
    ("a short code came as a number", [url_text(49800)], shows("49800")),
    ("an extension is shown", [url_text("+1 415 555 2500 ext. 7")], shows(somewhere=["ext. 7"])),
    ("the company's number is written nationally", [text(NUMBER, "(415) 555-0900")], fields(justcall_number=OWN)),
    ("a stand-in is shown as it came", [url_text("+266696687")], shows("unknown", somewhere=["266696687"])),
    ("consent is the number's, however it is written",
     [url_signed("jc.contact_status_updated", contact_number="1-415-555-2500", status={"dnd": True})], shows(consent={"dnd": True})),
]  # fmt: skip

DIRECTION: list[Row] = [
    *[(f"sms.sent_received, direction {word!r}", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction=word)], fields(direction="inbound"))
      for word in these("I", "i", "in", "IN", "Inbound", "incoming", " INCOMING ", "inbound-api", ["Incoming"])],
    *[(f"sms.sent_received, direction {word!r} is outbound", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, direction=word)], fields(direction="outbound"))
      for word in these("O", "o", "out", "Outgoing", "OUTBOUND", "outbound-dial")],
    *[(f"sms.received, direction {word!r} falls back to the type", [text(NUMBER, direction=word)], fields(direction="inbound", text="hi"))
      for word in these(None, "", [], {}, False, 1, "sideways", "1", True)],
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
    *[(f"sms.sent_received, nobody says it, justcall_number {own!r}, {direction}", [body_signed("sms.sent_received", message_id="m-9", justcall_number=own, **{"from": one, "to": other})],
       fields(direction=direction, justcall_number=OWN))
      for own in ("(415) 555-0900", "415-555-0900", "14155550900", "0014155550900", OWN)
      for one, other, direction in ((OWN, NUMBER, "outbound"), (NUMBER, OWN, "inbound"))],
    *[(f"sms.sent_received, nobody says it, own number is {OWN}, {side} {given!r} is the company's", [body_signed("sms.sent_received", message_id="m-9", justcall_number=OWN, **{side: given, other: "415-555-2500"})],
       fields(direction=direction, justcall_number=OWN))
      for given in ("(415) 555-0900", "4155550900") for side, other, direction in (("from", "to", "outbound"), ("to", "from", "inbound"))],
    *[(f"url-signed sms.sent_received, nobody says it, {side} is the contact's", [url_signed("sms.sent_received", None, id=1, justcall_number="14155550900", **{side: "14155552500"})],
       fields(direction=direction, justcall_number=OWN))
      for side, direction in (("from", "inbound"), ("to", "outbound"))],
    ("sms.sent_received, only contact_number and justcall_number: nobody says who began", [url_signed("sms.sent_received", id=1, contact_number=NUMBER, justcall_number=OWN)], fields(direction=None, justcall_number=OWN)),
    ("sms.sent_received, a pair of which neither is justcall_number", [body_signed("sms.sent_received", message_id="m-9", justcall_number="+14155550999", **{"from": OWN, "to": NUMBER})],
     {"timeline_of": "message:m-9", "somewhere": [OWN, NUMBER]}),
    ("url-signed pair, nobody says anything", [url_signed("sms.sent_received", None, id=19, **{"from": OWN, "to": NUMBER})], {"timeline_of": "message:19", "somewhere": [OWN, NUMBER]}),
    ("inbound, says the event, from the company's own number", [body_signed("sms.received", message_id="m", direction="inbound", justcall_number=OWN, **{"from": OWN, "to": NUMBER})],
     fields(direction="outbound", direction_given="inbound")),
    ("a call, inbound, from the company's own number", [body_signed("call.completed", call_id="c-1", direction="inbound", justcall_number="(415) 555-0900", **{"from": OWN, "to": NUMBER})],
     fields(direction="outbound", direction_given="inbound")),
    ("received from the company's own number", [body_signed("sms.received", message_id="m", justcall_number=OWN, **{"from": OWN, "to": NUMBER})], fields(direction="outbound")),
    ("nobody says anything: kept under the message", [body_signed("sms.sent_received", message_id="m-9", **{"from": OWN, "to": NUMBER})],
     {"timeline_of": "message:m-9", "somewhere": [OWN, NUMBER]}),
    ("the outcome is the type's", [body_signed("call.missed", call_id="c", status="Archived", **{"from": NUMBER})], fields(outcome="missed", direction="inbound")),
    *[(f"outcome {word!r}", [url_call("call.missed", call_info={"type": word, "status": "Archived"})], fields(outcome=outcome))
      for word, outcome in these(("Missed", "missed"), ("ABANDONED", "abandoned"), ("Voicemail", "voicemail"), ("", "missed"), (None, "missed"), ("Unanswered", "unanswered"))],
]  # fmt: skip
