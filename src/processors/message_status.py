"""`message.status`: a message is delivered, or is not; it joins the message.

Types: `sms.status_updated`, `whatsapp.message_status_updated`, and `sms.delivered` and `sms.failed`
of the body-signed dialect. No sample of any is public; they are built from the fields of a message.
"""

from justcall.entries import message_entry
from justcall.envelope import Envelope
from justcall.models import Message
from justcall.timeline import Entry
from messaging.consumer import processor


class MessageStatus(Message):
    """A message of which everything but an id may be missing."""


def entry(envelope: Envelope) -> Entry:
    """Return the status; where the event has no word for it, its type is the word."""
    message = MessageStatus.read(envelope.data)
    word = envelope.type.rpartition(".")[2]
    by_type = word if word in ("delivered", "failed") else None
    return message_entry(envelope, message, delivery_status=message.delivery_status or by_type)


handler = processor("message.status", entry)
