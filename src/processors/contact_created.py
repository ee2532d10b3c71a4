"""`contact.created`: somebody was added to JustCall's contacts.

No sample of it is public; the fields are those of a contact in JustCall's API. The url-signed
dialect has no such type.
"""

from typing import Any

from justcall.entries import entry_of
from justcall.envelope import Envelope
from justcall.models import EventData, paths
from justcall.timeline import Entry
from justcall.values import Id, Text
from messaging.consumer import processor

_FIELDS = ("contact_id", "id", "name", "first_name", "last_name", "email", "company",
           "custom_fields", "created_at")  # fmt: skip


class ContactCreated(EventData):
    """A contact; without a phone it is kept on the timeline of no number."""

    contact_id: Id | None = paths()
    id: Id | None = paths()
    name: Text | None = paths()
    first_name: Text | None = paths()
    last_name: Text | None = paths()
    email: Text | None = paths()
    company: Text | None = paths()
    custom_fields: Any = paths()
    created_at: Text | None = paths()


def entry(envelope: Envelope) -> Entry:
    """Return the contact as it is kept on its own timeline."""
    contact = ContactCreated.read(envelope.data)
    return entry_of(envelope, contact, **contact.pick(*_FIELDS))


handler = processor("contact.created", entry)
