"""`sms.sent`: the company has sent an SMS or a WhatsApp message to a contact."""

from justcall.entries import message_entry
from justcall.envelope import Envelope
from justcall.models import Message
from justcall.timeline import Entry
from messaging.consumer import processor


class SmsSent(Message):
    """A message whose type says its direction."""


def entry(envelope: Envelope) -> Entry:
    """Return the message as it is kept on the contact's timeline."""
    return message_entry(envelope, SmsSent.read(envelope.data))


handler = processor("sms.sent", entry)
