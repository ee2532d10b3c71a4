"""`contact.created` on the timeline."""

from processors.contact_created import ContactCreated, entry
from tests.support.samples import CONTACT_CREATED, changed


def test_entry_of_the_sample() -> None:
    """The contact stands on its own timeline, with all its fields."""
    number, fields, _ = entry(ContactCreated.model_validate(CONTACT_CREATED["data"]))
    assert (number, dict(fields)) == ("+14155559876", CONTACT_CREATED["data"])


def test_a_contact_without_a_phone() -> None:
    """A contact with only an address is not lost."""
    nobody = changed(CONTACT_CREATED, phone=None)
    assert entry(ContactCreated.model_validate(nobody["data"])).number == "unknown"


def test_unknown_fields_are_shown() -> None:
    """What JustCall adds reaches the timeline before anybody wrote code for it."""
    added = changed(CONTACT_CREATED, tags=["vip"])
    fields = entry(ContactCreated.model_validate(added["data"])).fields
    assert fields["unknown_fields"] == {"tags": ["vip"]}
