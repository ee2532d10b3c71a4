"""`message.status`: a message is delivered, or is not; it joins the message.

Types: `sms.status_updated`, `whatsapp.message_status_updated`, and `sms.delivered` and `sms.failed`
of the body-signed dialect. No sample of any is public; they are built from the fields of a message.
"""

from typing import Annotated

from pydantic import Field

from justcall import url_timeline
from justcall.models import AnyCaseDirection, Direction, Number, Text
from justcall.timeline import NO_NUMBER, Entry, text_entry
from justcall.url_models import Message
from messaging.consumer import Reader, processor


class MessageStatus(Text):
    """Everything but the message's id may be missing. Messages with a status were sent."""

    direction: AnyCaseDirection = Direction.OUTBOUND
    from_: Annotated[Number | None, Field(alias="from")] = None
    to: Number | None = None


def entry(status: MessageStatus, event_type: str) -> Entry:
    """Return the status; it says nothing of the message itself."""
    full = text_entry(status)
    told = event_type.rpartition(".")[2]
    fields = {"delivery_status": told} | {
        name: full.fields[name] for name in ("unknown_fields",) if name in full.fields
    }
    return Entry(full.number if status.to or status.from_ else NO_NUMBER, fields)


def url_entry(message: Message, _type: str = "") -> Entry:
    """Return a url-signed message with its status."""
    return url_timeline.message_entry(message, None)


handler = processor(
    "message.status",
    body_signed=Reader(MessageStatus, entry),
    url_signed=Reader(Message, url_entry),
)
