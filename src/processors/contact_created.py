"""`contact.created`: somebody was added to JustCall's contacts.

No sample of it is public; the fields are those of a contact in JustCall's API. The url-signed
dialect has no such type.
"""

from typing import Any

from justcall.entries import entry_of
from justcall.envelope import Envelope
from justcall.models import EventData, said
from justcall.timeline import Entry
from justcall.values import Id, Text
from messaging.consumer import processor

_FIELDS = ("contact_id", "id", "name", "first_name", "last_name", "email", "company",
           "custom_fields", "created_at")  # fmt: skip


class ContactCreated(EventData):
    """A contact; without a phone it is kept on the timeline of no number."""

    contact_id: Id | None = said()
    id: Id | None = said()
    name: Text | None = said()
    first_name: Text | None = said()
    last_name: Text | None = said()
    email: Text | None = said()
    company: Text | None = said()
    custom_fields: Any = said()
    created_at: Text | None = said()


def entry(envelope: Envelope) -> Entry:
    """Return the contact as it is kept on its own timeline."""
    contact = ContactCreated.read(envelope.data)
    return entry_of(envelope, contact, **contact.shown(*_FIELDS))


handler = processor("contact.created", entry)
