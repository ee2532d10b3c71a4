"""Phone numbers in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall import subjects
from justcall.phone import normalise
from justcall.timeline import NO_NUMBER, number_of

NORMALISED = {
    "+14155559876": "+14155559876",
    "+1 415 555 9876": "+14155559876",
    "+1 (415) 555-9876": "+14155559876",
    "+1.415.555.9876": "+14155559876",
    "+44 20 7946 0958": "+442079460958",
    "+44 (0)20 7946 0958": "+442079460958",
    "+61491570156": "+61491570156",
    "tel:+14155559876": "+14155559876",
    "whatsapp:+14155559876": "+14155559876",
    "+1\u00a0415\u2011555\u20119876": "+14155559876",
}

AS_IT_CAME = [
    "14155559876",  # without a plus its country is a guess
    "4155559876",
    "(415) 555-9876",
    "72345",  # a short code
    "911",
    "*67",
    "ACME",  # an alphanumeric sender
    "Acme Clinic",
    "anonymous",
    "Restricted",
    "unknown",
    "+1",
    "+1415555",
    "+999999999999999999",
    "+",
    "client:jordan",
    "Alice +14155559876",  # a name, in which somebody else's number stands
    "x+14155559876",
    "+14155559876 Alice",
    "1213566XXXX",  # masked, as in the public samples
    "१२३",
    "\0",
]


@pytest.mark.parametrize(("text", "number"), NORMALISED.items())
def test_numbers_with_a_plus_are_normalised(text: str, number: str) -> None:
    """A number that says its country has one form, however it was written."""
    assert normalise(text) == number


@pytest.mark.parametrize("text", AS_IT_CAME)
def test_everything_else_stays_as_it_came(text: str) -> None:
    """Short codes, senders' names and national numbers are not guessed at."""
    assert normalise(text) == text


@pytest.mark.parametrize("nothing", [None, "", " ", "\t\n"])
def test_no_number_has_a_place_too(nothing: str | None) -> None:
    """A withheld caller's events stand on one timeline."""
    assert number_of(nothing) == NO_NUMBER


def test_the_name_of_a_waiting_timeline_is_nobodys_number() -> None:
    """A sender of that name would put entries on the timeline of another's call."""
    assert number_of(subjects.pending("call:c1")) == NO_NUMBER


def test_blanks_around_a_number_are_no_part_of_it() -> None:
    """A number is found under its own name."""
    assert number_of("  72345 ") == "72345"


@given(st.text())
def test_any_text_gives_a_number_that_fits_a_key(text: str) -> None:
    """DynamoDB's partition keys end at 2048 bytes, and may not be empty."""
    number = number_of(text)
    assert 0 < len(number.encode(errors="replace")) <= 2000
    assert normalise(number) == number
