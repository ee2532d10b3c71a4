"""`sms.sent`: the company has sent an SMS or a WhatsApp message to a contact."""

from aws import settings
from justcall.consent import words_of
from justcall.entries import text_entry
from justcall.envelope import Envelope
from justcall.models import Message
from justcall.timeline import Entry
from messaging.consumer import processor


class SmsSent(Message):
    """A message whose type says its direction."""


def entry(envelope: Envelope) -> Entry:
    """Return the message as it is kept on the contact's timeline.

    If the event calls it inbound in spite of its type, its words change consent.
    """
    words = words_of(*settings.consent_words())
    return text_entry(envelope, SmsSent.read(envelope.data), words)


handler = processor("sms.sent", entry)
