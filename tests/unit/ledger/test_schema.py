"""The table's layout."""

from collections import Counter

from ledger.schema import SHARDS, bucket, part, parts_prefix, timeline_position


def test_events_of_a_moment_spread_over_the_shards() -> None:
    """No index partition takes more than its share: the keys of one second lie in all shards."""
    moment = "2026-03-12T14:30:00.000Z"
    found = Counter(bucket(moment, f"call.completed:call_{number}") for number in range(8000))
    assert len(found) == SHARDS
    assert max(found.values()) < 2 * 8000 / SHARDS
    assert all(name.startswith("2026-03-12#") for name in found)


def test_parts_sort_in_their_order() -> None:
    """A query returns a body's parts as they are to be joined, after their head."""
    names = [part("ledger", number) for number in range(1, 1000)]
    assert names == sorted(names)
    assert all(name.startswith(parts_prefix("ledger")) and name > "ledger" for name in names)


def test_timeline_sorts_by_the_events_time() -> None:
    """The time comes first, so that a query returns events as they happened."""
    early = timeline_position("2026-03-12T14:30:00.000Z", "sms.sent:z")
    assert early < timeline_position("2026-03-12T14:30:00.001Z", "call.completed:a")
