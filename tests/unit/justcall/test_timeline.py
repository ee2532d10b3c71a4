"""Entries that tell of one call are one entry, whatever order they came in."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.timeline import joined

CALL = {"key": "call.completed:1", "type": "call.completed", "at": "2026-03-12T14:30", "subject": "call:1",
        "number": "+1", "notes": "old", "unknown_fields": {"a": 1}}  # fmt: skip
UPDATE = {"key": "call.updated:1:x", "type": "call.updated", "at": "2026-03-12T14:40", "subject": "call:1",
          "number": "+1", "notes": "new", "unknown_fields": {"b": 2}}  # fmt: skip
TEXT = {"key": "sms.sent:1", "type": "sms.sent", "at": "2026-03-12T14:35", "number": "+1"}


@pytest.mark.parametrize("order", list(permutations((CALL, UPDATE, TEXT))), ids=lambda one: one[0]["key"] + one[1]["key"])  # fmt: skip
def test_one_call_is_one_entry(order: tuple[dict[str, Any], ...]) -> None:
    """It stands where the call stands, says the newest, and forgets nothing."""
    call, text = joined(order)
    assert (call["key"], call["type"], call["at"]) == (
        "call.completed:1",
        "call.completed",
        "2026-03-12T14:30",
    )
    assert (call["notes"], call["unknown_fields"]) == ("new", {"a": 1, "b": 2})
    assert [one["key"] for one in call["events"]] == ["call.completed:1", "call.updated:1:x"]
    assert text == TEXT


def test_updates_alone_are_one_entry_too() -> None:
    """Until the call comes, the newest of them gives its name."""
    older = UPDATE | {"key": "call.updated:1:w", "at": "2026-03-12T14:20", "notes": "older"}
    [entry] = joined([UPDATE, older])
    assert (entry["key"], entry["notes"], entry["at"]) == (UPDATE["key"], "new", older["at"])


_ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.uuids().map(str),
            "type": st.sampled_from(["call.completed", "call.updated"]),
            "at": st.sampled_from(["1", "2", "3"]),
        },
        optional={"subject": st.sampled_from(["call:1", "call:2"]), "notes": st.text()},
    ),
    unique_by=lambda entry: entry["key"],
)


@given(_ENTRIES, st.randoms())
def test_order_of_arrival_makes_no_difference(entries: list[dict[str, Any]], random: Any) -> None:
    """The same events are the same timeline, and none of them is missing from it."""
    whole = joined(entries)
    shuffled = random.sample(entries, len(entries))
    assert joined(shuffled) == whole
    told = [one["key"] for entry in whole for one in entry.get("events", [entry])]
    assert sorted(told) == sorted(entry["key"] for entry in entries)
