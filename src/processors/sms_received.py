"""`sms.received`: a contact has sent an SMS or a WhatsApp message.

`sms.sent_received` comes here too: it reports both directions, and the message says which. A
contact who texts STOP has opted out; the words are a parameter of the template.
"""

from aws import settings
from justcall.consent import words_of
from justcall.entries import text_entry
from justcall.envelope import Envelope
from justcall.models import Message
from justcall.timeline import Entry
from messaging.consumer import processor


class SmsReceived(Message):
    """A message whose type may say its direction."""


def entry(envelope: Envelope) -> Entry:
    """Return the message as it is kept on the contact's timeline, and the consent it changes."""
    words = words_of(*settings.consent_words())
    return text_entry(envelope, SmsReceived.read(envelope.data), words)


handler = processor("sms.received", entry)
