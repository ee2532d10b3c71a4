"""`message.status` on the timeline."""

from justcall.url_models import Message
from processors.message_status import MessageStatus, entry, url_entry
from tests.support import url_samples
from tests.support.samples import SMS_DELIVERED


def test_entry_of_the_sample() -> None:
    """A status says how the delivery went, and nothing of the message itself."""
    status = MessageStatus.model_validate(SMS_DELIVERED["data"])
    assert entry(status, "sms.delivered")[:2] == ("+14155559876", {"delivery_status": "delivered"})
    assert entry(status, "sms.failed").fields == {"delivery_status": "failed"}


def test_a_status_that_names_nobody() -> None:
    """It waits for its message."""
    bare = MessageStatus.model_validate({"message_id": "m1"})
    assert entry(bare, "sms.delivered").number == "unknown"


def test_url_signed() -> None:
    """There the message comes with it."""
    message = Message.model_validate(url_samples.DATA["sms.status_updated"])
    placed = url_entry(message)
    assert placed.number == "+14155559876"
    assert placed.fields["delivery_status"] == "failed"
