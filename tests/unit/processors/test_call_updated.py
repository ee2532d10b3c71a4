"""`call.updated` on the timeline."""

from processors.call_updated import entry
from tests.support.samples import CALL_UPDATED, Document, envelope

NEW = {"notes": "Customer asked for an invoice by mail.", "disposition": "Closed Won"}


def update(**data: object) -> Document:
    return {"event": "call.updated", "data": {"call_id": "c1", **data}}


def test_entry_of_the_sample() -> None:
    """It has what is new, and whose call it is; the outcome is the call's to say."""
    number, fields, *_ = entry(envelope(CALL_UPDATED))
    assert number == "+14155559876"
    assert {"direction", "justcall_number", "call_id", *NEW} == set(fields)
    assert NEW.items() <= fields.items()


def test_update_that_has_only_what_is_new() -> None:
    """It names nobody, claims no direction, and is kept under its call."""
    found = entry(envelope(update(**NEW)))
    assert found[:2] == (None, {"call_id": "c1", **NEW})
    assert found.subjects == ("call:c1",)


def test_numbers_without_a_direction_name_nobody() -> None:
    """Which of the two is the contact is not guessed at."""
    assert entry(envelope(update(**{"from": "+14155559876", "to": "+14155551234"}))).number is None


def test_empty_number_of_an_update_is_not_a_withheld_caller() -> None:
    """An update need not repeat whose call it is."""
    assert entry(envelope(update(contact_number=""))).number is None
    assert entry(envelope(update(contact_number="anonymous"))).number == "unknown"


def test_update_that_names_nothing() -> None:
    """It is kept where a person finds it."""
    assert entry(envelope({"event": "call.updated", "data": {"notes": "n"}})).number == "unknown"
