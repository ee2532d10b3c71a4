"""Phone numbers in one form."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.phone import NO_NUMBER, normalise, number_of, region_of

NORMALISED = {
    "+14155559876": "+14155559876",
    "+1 (415) 555-9876": "+14155559876",
    "+1.415.555.9876": "+14155559876",
    "+44 (0)20 7946 0958": "+442079460958",
    "+61491570156": "+61491570156",
    "tel:+14155559876": "+14155559876",
    "tel:+1-415-555-9876;ext=5": "+14155559876",
    "sip:+14155559876@example.com": "+14155559876",
    "whatsapp:+14155559876": "+14155559876",
    "+1\u00a0415\u2011555\u20119876": "+14155559876",
    "\u200e+14155559876\ufeff": "+14155559876",
    "14155559876": "+14155559876",
    "0014155559876": "+14155559876",
    "14155559876.0": "+14155559876",
    "1.4155559876E10": "+14155559876",
    "١٤١٥٥٥٥٩٨٧٦": "+14155559876",
    "+14155559876 x12": "+14155559876",
    "+14155559876#12": "+14155559876",
    "442079460958": "+442079460958",
    "१२३": "123",
    "tel:49800": "49800",
    "49800.0": "49800",
}

AS_IT_CAME = [
    "4155559876",  # Switzerland has no such number, and nobody says which country it is
    "(415) 555-9876",
    "72345",  # a short code
    "911",
    "+49800",
    "*67",
    "ACME",  # an alphanumeric sender
    "Acme Clinic",
    "+1",
    "+1415555",
    "+999999999999999999",
    "+3105550123",  # without its zero it would be a number of the Netherlands
    "+",
    "client:jordan",
    "sip:jordan@example.com",
    "Alice +14155559876",  # a name, in which somebody else's number is
    "+14155559876 Alice",
    "1213566XXXX",  # masked, as in the public samples
    "1.5E1",
    "1e99999999",
    "\0",
]


@pytest.mark.parametrize(("text", "number"), NORMALISED.items())
def test_valid_numbers_have_one_form(text: str, number: str) -> None:
    """However they were written."""
    assert normalise(text) == number


@pytest.mark.parametrize("text", AS_IT_CAME)
def test_everything_else_stays_as_it_came(text: str) -> None:
    """Short codes, senders' names and national numbers are not guessed at."""
    assert normalise(text) == text


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [("(415) 555-2071", "US", "+14155552071"), ("415-555-2071", "US", "+14155552071"), ("3105550123", "US", "+13105550123"),
     ("6505550123", "US", "+16505550123"), ("02079460958", "GB", "+442079460958"), ("020 7946 0958", "GB", "+442079460958"),
     ("011 44 20 7946 0958", "US", "+442079460958"), ("44 20 7946 0958", "US", "+442079460958"), ("41 44 668 18 00", "US", "+41446681800"),
     ("1-415-555-2071", "GB", "+14155552071"), ("+14155552071", "GB", "+14155552071"), ("123", "GB", "123")],
)  # fmt: skip
def test_region_of_the_company(text: str, region: str, number: str) -> None:
    """A number that is not valid as an international one is one of the company's region."""
    assert normalise(text, region) == number


@pytest.mark.parametrize("nothing", [None, "", " ", "\t\n", "\u200e", "0", "000", "+266696687", "266696687", "+7378742833", "Anonymous", "UNKNOWN", "No Caller ID", "call:c1", "Message:m1"])  # fmt: skip
def test_withheld_callers_have_one_place(nothing: str | None) -> None:
    """Nothing, carriers' stand-ins, and a sender with the name of somebody's call."""
    assert number_of(nothing) == NO_NUMBER


def test_blanks_around_a_number_are_no_part_of_it() -> None:
    """A number is found under its own name."""
    assert number_of("  72345 ") == "72345"


def test_regions() -> None:
    """The region of a number of ours, if it has one."""
    assert (region_of("+14155559876"), region_of("+442079460958")) == ("US", "GB")
    assert [region_of(one) for one in (None, "", "72345", "+", "+99", "unknown")] == [None] * 6


TEXTS = st.text() | st.text(alphabet="+0123456789 ()-.xXeE\u200e\uff11\u0661", max_size=30)
REGIONS = st.sampled_from([None, "US", "GB", "DE", "IN"])


@given(TEXTS, REGIONS)
def test_any_text_gives_a_number_that_fits_a_key(text: str, region: str | None) -> None:
    """DynamoDB's partition keys end at 2048 bytes, and may not be empty. Cleaning twice changes nothing."""
    number = number_of(text, region)
    assert 0 < len(number.encode()) <= 2000
    assert number_of(number, region) == number


@given(TEXTS, REGIONS)
def test_digits_neither_appear_nor_disappear(text: str, region: str | None) -> None:
    """A number in E.164 is valid, and ends with the digits that came; anything else is as it came."""
    number = normalise(text, region)
    if number != text and len(number) > 6:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, None))


@given(
    st.sampled_from(["US", "GB", "DE", "FR", "IN", "AU", "BR", "ES"]),
    st.sampled_from(list(range(4))),
    st.sampled_from(["", "\u200e", "\u202a", " "]),
    st.sampled_from(["", "whatsapp:", "tel:", "WhatsApp: "]),
)
def test_every_layout_of_a_number_is_that_number(
    region: str, form: int, mark: str, prefix: str
) -> None:
    """International, national, with marks and prefixes: one timeline."""
    number = phonenumbers.example_number(region)
    assert number
    text = f"{mark}{prefix}{phonenumbers.format_number(number, form)}{mark}"
    assert number_of(text, region) == phonenumbers.format_number(number, 0)
    digits = phonenumbers.format_number(number, 0)[1:]
    assert number_of(digits) == number_of(f"00{digits}") == number_of(f"{digits}.0") == f"+{digits}"
