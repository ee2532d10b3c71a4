"""`consent.changed`: a contact may be called or texted no more, or again.

People are fined for missing it. Besides its entry on the timeline each flag has a state of its
own, by the event's own time: `dnd` (calls), `dnm` (messages), `blacklist`, `opted_out` (of texts).
Types: `jc.contact_status_updated`, whose flags are nested in `status`; `sms.optout` and
`sms.optin`, of which no sample is public.
"""

from typing import Annotated

from pydantic import Field

from justcall.models import AnyCaseDirection, Direction, Number, Text
from justcall.timeline import NO_NUMBER, Entry, number_of, text_entry, without_nothing
from justcall.url_models import ContactStatus
from messaging.consumer import Reader, processor

OPTED_OUT = "opted_out"


class ConsentChanged(Text):
    """An opt-out is a text that the contact sends; its number may be called otherwise."""

    direction: AnyCaseDirection = Direction.INBOUND
    from_: Annotated[Number | None, Field(alias="from")] = None
    to: Number | None = None
    named: Annotated[Number | None, Field(alias="contact_number")] = None
    phone: Number | None = None


def entry(text: ConsentChanged, event_type: str) -> Entry:
    """Return the opt-out or opt-in, and the flag that it sets."""
    number = number_of(text.named or text.phone or text.contact_number)
    fields = dict(text_entry(text).fields)
    return _with_flags(number, fields, {OPTED_OUT: event_type == "sms.optout"})


def url_entry(contact: ContactStatus, event_type: str) -> Entry:
    """Return the contact's flags, those that it says."""
    number = number_of(contact.contact_number, international=True)
    if event_type.startswith("sms."):
        return _with_flags(number, {}, {OPTED_OUT: event_type == "sms.optout"})
    flags = without_nothing(contact.status.model_dump(include={"blacklist", "dnd", "dnm"}))
    shown = {
        "contact_name": contact.name or contact.contact_name,
        "agent_id": contact.agent_id,
        "unknown_fields": contact.unknown_fields() or None,
    }
    return _with_flags(number, without_nothing(shown), flags)


def _with_flags(number: str, fields: dict[str, object], flags: dict[str, bool]) -> Entry:
    # Without a number nobody's state changes; the event stands where somebody finds it.
    return Entry(number, {**fields, "consent": flags}, flags if number != NO_NUMBER else {})


handler = processor(
    "consent.changed",
    body_signed=Reader(ConsentChanged, entry),
    url_signed=Reader(ContactStatus, url_entry),
)
