"""Moments as the ledger writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.moments import epoch, iso

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
