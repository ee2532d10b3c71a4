"""`sms.sent`: the company has sent an SMS or a WhatsApp message to a contact."""

from justcall import url_timeline
from justcall.models import AnyCaseDirection, Direction, Text
from justcall.timeline import Entry, text_entry
from justcall.url_models import Message
from messaging.consumer import Reader, processor


class SmsSent(Text):
    """The type says the direction, so it may be left out."""

    direction: AnyCaseDirection = Direction.OUTBOUND


def entry(text: SmsSent, _type: str = "") -> Entry:
    """Return the text as it stands on the contact's timeline."""
    return text_entry(text)


def url_entry(message: Message, _type: str = "") -> Entry:
    """Return a url-signed message."""
    return url_timeline.message_entry(message, Direction.OUTBOUND)


handler = processor(
    "sms.sent", body_signed=Reader(SmsSent, entry), url_signed=Reader(Message, url_entry)
)
