"""`message.status` on the timeline."""

from processors.message_status import entry
from tests.support import url_samples
from tests.support.samples import SMS_DELIVERED, SMS_FAILED, envelope


def test_entry_of_the_sample() -> None:
    """A type that is a status says how the delivery went."""
    found = entry(envelope(SMS_DELIVERED))
    assert (found.number, found.fields["delivery_status"]) == ("+14155559876", "delivered")
    assert entry(envelope(SMS_FAILED)).fields["delivery_status"] == "failed"


def test_status_that_names_nobody() -> None:
    """It is kept under its message."""
    bare = entry(envelope({"event": "sms.delivered", "data": {"message_id": "m1"}}))
    assert (bare.number, bare.subjects) == (None, ("message:m1",))


def test_url_signed_status_comes_with_its_message() -> None:
    """Its own word is the status."""
    found = entry(envelope(url_samples.document("sms.status_updated")))
    assert found.number == "+14155559876"
    assert found.fields["delivery_status"] == "failed"
    assert found.fields["text"] == "You are confirmed"
