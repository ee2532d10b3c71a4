"""`sms.received` on the timeline, and the consent that it changes."""

import pytest

from processors.sms_received import entry
from tests.support import url_samples
from tests.support.samples import SMS_RECEIVED, Document, changed, envelope


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


@pytest.mark.parametrize(
    ("variable", "word", "usual"),
    [
        ("OPT_OUT_WORDS", "Arrêt!", "STOP"),
        ("OPT_IN_WORDS", "débuter", "START"),
        ("OPT_IN_AFTER_OPT_OUT_WORDS", "oui", "YES"),
    ],
)
def test_words_of_the_deployment(
    monkeypatch: pytest.MonkeyPatch, variable: str, word: str, usual: str
) -> None:
    """They replace the usual words, each list by itself; an empty variable means the usual words."""

    def said(text: str) -> tuple[object, object]:
        found = entry(envelope(changed(SMS_RECEIVED, body=text)))
        return found.consent, found.consent_if_set

    monkeypatch.setenv(variable, "")
    meaning = said(usual)
    assert said(word) == ({}, {}) != meaning
    monkeypatch.setenv(variable, "ARRÊT, débuter,OUI")
    assert said(word) == meaning
    assert said(usual) == ({}, {})


@pytest.mark.parametrize("word", ["STOP", " stop. ", "Opt out", "UNSUBSCRIBE!"])
@pytest.mark.parametrize(
    "document",
    [
        changed(SMS_RECEIVED),
        url_samples.document("sms.received"),
        url_samples.document("whatsapp.message_received"),
        url_samples.document("sms.sent_received", direction="Incoming"),
    ],
    ids=lambda one: str(one.get("type", "body-signed")),
)
def test_stop_in_both_dialects_and_by_whatsapp(document: Document, word: str) -> None:
    """A message's text is in `body` or in `sms_info.body`."""
    data = document["data"]
    texts = data if "body" in data else data["sms_info"]
    assert "body" in texts
    said = (
        {**data, "body": word} if texts is data else {**data, "sms_info": {**texts, "body": word}}
    )
    assert entry(envelope(document | {"data": said})).consent == {"opted_out": True}


def test_nobody_opts_out_without_a_number() -> None:
    """A flag belongs to a number."""
    assert entry(envelope(changed(SMS_RECEIVED, body="STOP", from_=None))).consent == {}


def test_company_cannot_opt_a_contact_out_by_text() -> None:
    """Only the contact's own text counts."""
    outbound = changed(SMS_RECEIVED, body="STOP", direction="outbound")
    assert entry(envelope(outbound)).consent == {}
