"""`contact.created` on the timeline."""

from processors.contact_created import entry
from tests.support.samples import CONTACT_CREATED, changed, envelope


def test_entry_of_the_sample() -> None:
    """The contact is kept on its own timeline, with all its fields."""
    number, fields, *_ = entry(envelope(CONTACT_CREATED))
    said = {**CONTACT_CREATED["data"]}
    assert number == said.pop("phone")
    assert said.items() <= fields.items()


def test_contact_without_a_phone() -> None:
    """A contact with only an address is not lost."""
    assert entry(envelope(changed(CONTACT_CREATED, phone=None))).number == "unknown"


def test_unknown_fields_are_shown() -> None:
    """A field that JustCall adds reaches the timeline before anybody wrote code for it."""
    fields = entry(envelope(changed(CONTACT_CREATED, tags=["vip"]))).fields
    assert fields["unknown_fields"] == {"tags": ["vip"]}
