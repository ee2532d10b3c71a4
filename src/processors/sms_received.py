"""`sms.received`: a contact has sent a text."""

from aws.consumer import processor
from justcall.models import AnyCaseDirection, Direction, Text
from justcall.timeline import Entry, text_entry


class SmsReceived(Text):
    """The type says the direction, so it may be left out."""

    direction: AnyCaseDirection = Direction.INBOUND


def entry(text: SmsReceived) -> Entry:
    """Return the text as it stands on the contact's timeline."""
    return text_entry(text)


handler = processor("sms.received", SmsReceived, entry)
