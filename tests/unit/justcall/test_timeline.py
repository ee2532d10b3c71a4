"""Entries of one call are one entry, whatever order they came in."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.timeline import joined

CALL = {"key": "call.completed:1", "type": "call.completed", "at": "2026-03-12T14:30", "subjects": ["call:1", "call:A"],
        "number": "+1", "notes": "old", "unknown_fields": {"a": 1, "c": {"d": "x"}}}  # fmt: skip
UPDATE = {"key": "call.updated:1:x", "type": "call.updated", "at": "2026-03-12T14:40", "subjects": ["call:A"],
          "number": "+1", "notes": "new", "unknown_fields": {"b": 2, "c": {"d": ""}}}  # fmt: skip
TEXT = {"key": "sms.sent:1", "type": "sms.sent", "at": "2026-03-12T14:35", "number": "+1"}


@pytest.mark.parametrize("order", list(permutations((CALL, UPDATE, TEXT))), ids=lambda one: one[0]["key"] + one[1]["key"])  # fmt: skip
def test_one_call_is_one_entry(order: tuple[dict[str, Any], ...]) -> None:
    """It has the call's place and the newest values, and forgets nothing."""
    call, text = joined(order)
    assert (call["key"], call["type"], call["at"]) == (
        "call.completed:1",
        "call.completed",
        "2026-03-12T14:30",
    )
    assert call["notes"] == "new"
    assert call["unknown_fields"] == {"a": 1, "b": 2, "c": {"d": "x"}}
    assert call["subjects"] == ["call:1", "call:A"]
    assert [one["key"] for one in call["events"]] == ["call.completed:1", "call.updated:1:x"]
    assert text == TEXT


def test_body_signed_event_wins_over_newer_url_signed_ones() -> None:
    """Whatever the order, the call's own name is the body-signed one's; the list is by time."""
    strong = CALL | {"dialect": "body-signed", "received_at": "2026-03-12T15:00"}
    weak = UPDATE | {"dialect": "url-signed", "received_at": "2026-03-12T14:41", "agent": "x"}
    early = CALL | {"key": "call.completed:1:w", "at": "2026-03-12T14:10", "notes": "early"}
    for order in permutations((strong, weak, early | {"dialect": "url-signed"})):
        [entry] = joined(order)
        assert (entry["notes"], entry["agent"]) == ("old", "x")
        assert (entry["key"], entry["dialect"]) == ("call.completed:1", "body-signed")
        shown = [(one["at"], one["dialect"]) for one in entry["events"]]
        assert shown == [
            ("2026-03-12T14:10", "url-signed"),
            ("2026-03-12T14:30", "body-signed"),
            ("2026-03-12T14:40", "url-signed"),
        ]


def test_of_two_contents_of_one_event_the_last_to_come_is_the_newest() -> None:
    told = [
        CALL
        | {"key": f"call.completed:1:{key}", "received_at": f"2026-03-12T14:3{n}", "notes": key}
        for n, key in enumerate(("c", "a", "b"))
    ]
    for order in permutations(told):
        assert joined(order)[0]["notes"] == "b"


def test_updates_alone_are_one_entry_too() -> None:
    """Until the call comes, the newest of them gives its name."""
    older = UPDATE | {"key": "call.updated:1:w", "at": "2026-03-12T14:20", "notes": "older"}
    [entry] = joined([UPDATE, older])
    assert (entry["key"], entry["notes"], entry["at"]) == (UPDATE["key"], "new", older["at"])


def test_entries_are_joined_through_others() -> None:
    """One that shares an id with each of two joins them."""
    chain = [
        UPDATE | {"key": str(i), "subjects": [f"call:{i}", f"call:{i + 1}"]} for i in range(50)
    ]
    assert len(joined(chain)) == 1
    assert len(joined(chain[:20] + chain[21:])) == 2


def test_number_of_a_joined_call() -> None:
    """A withheld caller's, and an entry that names nobody, give way to a number."""
    for nobody in (None, "unknown", "call:1"):
        for order in ((CALL, UPDATE | {"number": nobody}), (CALL | {"number": nobody}, UPDATE)):
            [entry] = joined(order)
            assert entry["number"] == "+1"


@pytest.mark.parametrize("nothing", ["", None, [], {}, 0, 0.0])
def test_empty_value_of_a_newer_event(nothing: object) -> None:
    """It does not empty what an earlier event said."""
    [entry] = joined([CALL | {"duration_seconds": 5}, UPDATE | {"duration_seconds": nothing}])
    assert entry["duration_seconds"] == 5


def test_false_is_a_value() -> None:
    """A flag that is cleared is not empty."""
    [entry] = joined([CALL | {"unknown_fields": {"is_deleted": True}}, UPDATE | {"unknown_fields": {"is_deleted": False}}])  # fmt: skip
    assert entry["unknown_fields"] == {"is_deleted": False}


def test_false_in_place_of_a_text_is_nothing() -> None:
    """PHP writes it where it has no text."""
    [entry] = joined([CALL | {"notes": "vip"}, UPDATE | {"notes": False}])
    assert entry["notes"] == "vip"


LIFE = ["call.initiated", "call.incoming", "call.enters_queue", "call.exits_queue", "call.answered", "call.missed",
        "call.voicemail", "call.completed", "call.updated", "jc.call_ai_generated"]  # fmt: skip


@pytest.mark.parametrize("earlier", range(len(LIFE) - 1))
def test_place_in_the_life_of_a_call(earlier: int) -> None:
    """Of two events of one second the later step wins, whatever their keys and milliseconds are."""
    events = [
        {"key": f"{9 - i}", "type": LIFE[earlier + i], "at": f"2026-03-12T14:30:00.{9 - i}00Z", "subjects": ["call:1"], "notes": LIFE[earlier + i]}
        for i in range(2)
    ]  # fmt: skip
    for order in (events, events[::-1]):
        [entry] = joined(order)
        assert entry["notes"] == LIFE[earlier + 1]
        assert entry["at"] == "2026-03-12T14:30:00.800Z"


_VALUES = st.sampled_from(["", "a", "b", None, 0, 5, False, True]) | st.dictionaries(st.sampled_from("xy"), st.text())  # fmt: skip
_ENTRIES: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.uuids().map(str),
            "type": st.sampled_from(["call.completed", "call.updated", "call.answered"]),
            "at": st.sampled_from(["1", "2", "3"]),
        },
        optional={
            "subjects": st.lists(st.sampled_from(["call:1", "call:2", "call:3"]), max_size=2),
            "notes": _VALUES,
            "unknown_fields": st.dictionaries(st.sampled_from("ab"), _VALUES),
        },
    ),
    unique_by=lambda entry: str(entry["key"]),
)


@given(_ENTRIES, st.randoms())
def test_order_of_arrival_makes_no_difference(entries: list[dict[str, Any]], random: Any) -> None:
    """The same events are the same timeline, and none of them is missing from it."""
    whole = joined(entries)
    shuffled = random.sample(entries, len(entries))
    assert joined(shuffled) == whole
    keys = [one["key"] for entry in whole for one in entry.get("events", [entry])]
    assert sorted(keys) == sorted(entry["key"] for entry in entries)


@given(_ENTRIES)
def test_nothing_empties(entries: list[dict[str, Any]]) -> None:
    """A joined entry is empty in a field only where every event of it is."""
    by_key = {entry["key"]: entry for entry in entries}
    for whole in joined(entries):
        parts = [by_key[one["key"]] for one in whole.get("events", [whole])]
        for name in ("notes", "unknown_fields.a", "unknown_fields.b"):
            if any(says(part, name) for part in parts):
                assert says(whole, name)


def says(entry: dict[str, Any], path: str) -> bool:
    first, *inner = path.split(".")
    value: Any = entry.get(first)
    if inner:
        value = (value or {}).get(inner[0])
    if isinstance(value, dict):
        return any(says({"x": one}, "x") for one in value.values() if one is not False)
    # A false beside texts stands for nothing; as a field of its own it is a value.
    return bool(value) or (value is False and bool(inner))
