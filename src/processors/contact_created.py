"""`contact.created`: somebody was added to JustCall's contacts.

No sample of it is public; the fields are those of a contact in JustCall's API. The url-signed
dialect has no such type.
"""

from typing import Any

from justcall.models import EventData, Id, Number
from justcall.timeline import Entry, number_of, without_nothing
from messaging.consumer import Reader, processor


class ContactCreated(EventData):
    """A contact; without a phone it stands on the timeline of no number."""

    placing = frozenset({"phone"})

    id: Id | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: Number | None = None
    email: str | None = None
    company: str | None = None
    custom_fields: Any = None
    created_at: str | None = None


def entry(contact: ContactCreated, _type: str = "") -> Entry:
    """Return the contact as it stands on its own timeline."""
    shown = contact.model_dump(mode="json", include=set(ContactCreated.model_fields))
    shown["unknown_fields"] = contact.unknown_fields() or None
    return Entry(number_of(contact.phone), without_nothing(shown))


handler = processor("contact.created", body_signed=Reader(ContactCreated, entry))
