"""Moments as the ledger writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.moments import epoch, iso, moment_of

_SECONDS = st.integers(0, 4_102_444_800_000).map(lambda milliseconds: milliseconds / 1000)


def test_form() -> None:
    """UTC to the millisecond."""
    assert iso(1_773_326_401.25) == "2026-03-12T14:40:01.250Z"


@given(_SECONDS)
def test_moments_come_back(seconds: float) -> None:
    """Writing and reading loses less than a millisecond."""
    assert epoch(iso(seconds)) == pytest.approx(seconds, abs=0.001)


@given(_SECONDS, _SECONDS)
def test_moments_sort_as_text(one: float, other: float) -> None:
    """The order of texts is the order of time."""
    assert one > other or iso(one) <= iso(other)


TIMES = {
    "2026-03-12T14:30:00Z": "2026-03-12T14:30:00.000Z",
    "2026-03-12T14:30:00.5Z": "2026-03-12T14:30:00.500Z",
    "2026-03-12T14:30:00.123456+00:00": "2026-03-12T14:30:00.123Z",
    "2026-03-12T14:30:00": "2026-03-12T14:30:00.000Z",
    "2026-03-12 14:30:00": "2026-03-12T14:30:00.000Z",
    "2026-03-12T16:30:00+02:00": "2026-03-12T14:30:00.000Z",
    "2026-03-12 9:00:00 -05:30": "2026-03-12T14:30:00.000Z",
    "2026-03-12 9:00:00-0530": "2026-03-12T14:30:00.000Z",
    "20260312T143000Z": "2026-03-12T14:30:00.000Z",
    "2026-03-12": "2026-03-12T00:00:00.000Z",
    "2026-03-12t9:05:00z": "2026-03-12T09:05:00.000Z",
    "2026-03-12 9:05:00 UTC": "2026-03-12T09:05:00.000Z",
    "2026-03-12 9:05:00 gmt": "2026-03-12T09:05:00.000Z",
    "2026/3/12 9:05": "2026-03-12T09:05:00.000Z",
    "Thu, 12 Mar 2026 14:30:00 +0000": "2026-03-12T14:30:00.000Z",
    "12 March 2026 9:05:00 GMT": "2026-03-12T09:05:00.000Z",
    1773325800: "2026-03-12T14:30:00.000Z",
    1773325800.25: "2026-03-12T14:30:00.250Z",
    "1773325800": "2026-03-12T14:30:00.000Z",
    "1773325800.25": "2026-03-12T14:30:00.250Z",
    1773325800250: "2026-03-12T14:30:00.250Z",
    "1773325800250": "2026-03-12T14:30:00.250Z",
    1773325800250000: "2026-03-12T14:30:00.250Z",
}


@pytest.mark.parametrize(("value", "moment"), TIMES.items(), ids=repr)
def test_times_of_senders(value: object, moment: str) -> None:
    """A time becomes UTC in one form; one without an offset is UTC."""
    assert moment_of(value) == moment


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "now", True, [], {}, 0, "0", 1, -1773325800, float("inf"), 1e300, 10**400, "2026", "2026-02-30T00:00:00Z",
     "2026-03-12T25:00:00Z", "12/03/2026", "0000-00-00 00:00:00", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z",
     "1999-12-31 9:59:59", "9999-12-31T23:59:59-14:00", "2026-03-12 9:30:00+99:00", "12 Foo 2026 14:30:00", "\ud800", "٢٠٢٦-٠٣-١٢",
     "1" * 5000, "9:15:00"],
    ids=lambda one: repr(one)[:30],
)  # fmt: skip
def test_what_is_no_time(value: object) -> None:
    """Anything else, and a time before there was JustCall, is none, and no error."""
    assert moment_of(value) is None


@given(st.text() | st.floats() | st.integers() | st.datetimes(timezones=st.timezones()).map(str))
def test_any_value_gives_a_sortable_moment_or_none(value: object) -> None:
    """Whatever it is, the result has one length and sorts as text."""
    moment = moment_of(value)
    assert moment is None or (len(moment), moment[-1]) == (24, "Z")


@pytest.mark.parametrize(
    "text",
    [f"2026-01-01{' ' * 300_000}x", f"1 abc{'b' * 300_000}{' ' * 300_000}", "1" * 300_000,
     f"1 mar 2026 1:11 ({'a ' * 150_000}", f"1 mar 2026 1:11{' ' * 150_000}(", "\u200b" * 300_000],
    ids=["spaces", "letters", "digits", "a comment", "a comment that begins", "invisible"],
)  # fmt: skip
def test_long_text_is_no_time(text: str) -> None:
    """No pattern is tried on it: for some of these it would take hours."""
    assert moment_of(text) is None
