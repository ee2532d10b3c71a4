"""`sms.sent`: the company has sent a text to a contact."""

from aws.consumer import processor
from justcall.models import AnyCaseDirection, Direction, Text
from justcall.timeline import Entry, text_entry


class SmsSent(Text):
    """The type says the direction, so it may be left out."""

    direction: AnyCaseDirection = Direction.OUTBOUND


def entry(text: SmsSent) -> Entry:
    """Return the text as it stands on the contact's timeline."""
    return text_entry(text)


handler = processor("sms.sent", SmsSent, entry)
