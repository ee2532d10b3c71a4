"""`sms.received` on the timeline."""

from processors.sms_received import SmsReceived, entry
from tests.support.samples import SMS_RECEIVED, changed


def test_entry_of_the_sample() -> None:
    """The text stands on its sender's timeline."""
    assert entry(SmsReceived.model_validate(SMS_RECEIVED["data"]))[:2] == (
        "+14155559876",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "text": "Can I reschedule my appointment to Friday?",
        },
    )


def test_media() -> None:
    """The links of pictures are shown in one field."""
    links = ["https://example.com/1.png", "https://example.com/2.png"]
    mms = changed(SMS_RECEIVED, media_urls=links)
    assert entry(SmsReceived.model_validate(mms["data"])).fields["media"] == links


def test_a_short_code() -> None:
    """A sender without a phone number keeps the name it came with."""
    short = changed(SMS_RECEIVED, from_="72345")
    assert entry(SmsReceived.model_validate(short["data"])).number == "72345"
