"""`sms.received`: a contact has sent an SMS or a WhatsApp message.

`sms.sent_received` comes here too: it tells of both directions, and the message says which.
"""

from justcall import url_timeline
from justcall.models import AnyCaseDirection, Direction, Text
from justcall.timeline import Entry, text_entry
from justcall.url_models import Message
from messaging.consumer import Reader, processor


class SmsReceived(Text):
    """The type says the direction, so it may be left out."""

    direction: AnyCaseDirection = Direction.INBOUND


def entry(text: SmsReceived, _type: str = "") -> Entry:
    """Return the text as it stands on the contact's timeline."""
    return text_entry(text)


def url_entry(message: Message, event_type: str) -> Entry:
    """Return a url-signed message; one of either direction is not taken for an inbound one."""
    either = event_type == "sms.sent_received"
    return url_timeline.message_entry(message, None if either else Direction.INBOUND)


handler = processor(
    "sms.received", body_signed=Reader(SmsReceived, entry), url_signed=Reader(Message, url_entry)
)
