"""The table's layout."""

from collections import Counter

import pytest

from justcall.event import FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED
from ledger.schema import SHARDS, cell, cells, event_partition, key_of, part, parts_prefix

KEYS = [f"call.completed:call_{number}" for number in range(8000)]
NOON = "2026-03-12T12:00:00.000Z"


@pytest.mark.parametrize("status", [RECEIVED, FAILED, STUCK, UNHANDLED, QUARANTINED, PROCESSED])
def test_events_of_a_moment_spread_over_the_cells(status: str) -> None:
    """No index partition takes more than its share, and a reader asks all of them."""
    found = Counter(cell(status, key, NOON) for key in KEYS)
    assert sorted(found) == sorted(cells(status, "2026-03-12" if status == PROCESSED else None))
    assert len(found) == SHARDS
    assert max(found.values()) < 2 * len(KEYS) / SHARDS


def test_only_processed_events_are_listed_by_day() -> None:
    """A status that waits for somebody is listed whatever the day."""
    later = "2027-01-01T00:00:00.000Z"
    assert cell(RECEIVED, KEYS[0], NOON) == cell(RECEIVED, KEYS[0], later)
    assert cell(PROCESSED, KEYS[0], NOON) != cell(PROCESSED, KEYS[0], later)


def test_parts_sort_in_their_order_and_belong_to_their_content() -> None:
    names = [part("ab12", number) for number in range(1, 1000)]
    assert names == sorted(names)
    assert all(name.startswith(parts_prefix("ab12")) for name in names)
    assert not any(name.startswith(parts_prefix("ab1")) for name in names)


def test_partition_holds_the_key() -> None:
    assert key_of(event_partition("event#odd:key#1")) == "event#odd:key#1"
