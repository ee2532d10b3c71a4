"""`sms.received` on the timeline, and the consent that it changes."""

from justcall.consent import Words
from processors.sms_received import entry
from tests.support.samples import SMS_RECEIVED, changed, envelope


def test_entry_of_the_sample() -> None:
    """The text is kept on its sender's timeline, and changes no consent."""
    found = entry(envelope(SMS_RECEIVED))
    assert found[:2] == (
        "+14155559876",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "message_id": "msg_a1b2c3d4",
            "text": "Can I reschedule my appointment to Friday?",
        },
    )
    assert (found.consent, found.consent_if_set) == ({}, {})


def test_media() -> None:
    """The links of pictures are shown in one field."""
    links = ["https://example.com/1.png", "https://example.com/2.png"]
    assert entry(envelope(changed(SMS_RECEIVED, media_urls=links))).fields["media"] == links


def test_short_code() -> None:
    """A sender without a phone number keeps the name it came with."""
    assert entry(envelope(changed(SMS_RECEIVED, from_="72345"))).number == "72345"


def test_stop_words() -> None:
    """A stop word opts out, a start word in, and YES only after an opt-out."""
    stop, start, yes = (
        entry(envelope(changed(SMS_RECEIVED, body=b))) for b in ("STOP", "START", "YES")
    )
    assert (stop.consent, stop.fields["consent"]) == ({"opted_out": True}, {"opted_out": True})
    assert start.consent == {"opted_out": False}
    assert (yes.consent, yes.consent_if_set) == ({}, {"opted_out": False})


def test_words_of_the_deployment() -> None:
    """The words are the caller's to choose."""
    words = Words(stop=frozenset({"arret"}))
    assert entry(envelope(changed(SMS_RECEIVED, body="Arret")), words).consent == {
        "opted_out": True
    }
    assert entry(envelope(changed(SMS_RECEIVED, body="STOP")), words).consent == {}


def test_nobody_opts_out_without_a_number() -> None:
    """A flag belongs to a number."""
    assert entry(envelope(changed(SMS_RECEIVED, body="STOP", from_=None))).consent == {}


def test_company_cannot_opt_a_contact_out_by_text() -> None:
    """Only the contact's own text counts."""
    outbound = changed(SMS_RECEIVED, body="STOP", direction="outbound")
    assert entry(envelope(outbound)).consent == {}
