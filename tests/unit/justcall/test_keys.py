"""What makes two deliveries the same event."""

import json
import re
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from justcall.catalogue import KINDS, ONCE, TYPES
from justcall.envelope import Envelope, read
from justcall.keys import content_hash, key_of, quarantine_key
from tests.support import samples

HASH = content_hash(b"some body")
TIME = "2026-03-12T14:30:00Z"

KEYS = {
    "call.completed": "call.completed:call_8f3a2b1c",
    "call.missed": "call.missed:call_1d4e5f6a",
    "sms.received": "sms.received:msg_a1b2c3d4",
    "sms.sent": "sms.sent:msg_e5f6g7h8",
    "voicemail.received": "voicemail.received:call_5e6f7a8b",
    "contact.created": "contact.created:918273",
    "call.updated": f"call.updated:call_8f3a2b1c:{HASH[:16]}",
    "message.status": f"sms.delivered:msg_e5f6g7h8:{HASH[:16]}",
    "consent.changed": f"sms.optout:msg_0p7f0u7e:{HASH[:16]}",
    "appointment.scheduled": f"appointment.scheduled:78:{HASH[:16]}",
}


def key(event_type: str, **data: Any) -> str:
    return key_of(Envelope(event_type, TIME, data), HASH)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_the_samples(kind: str) -> None:
    """The key of a known kind is its type and its object's id, and the content if it may repeat."""
    assert key_of(read(samples.body(samples.BY_KIND[kind])), HASH) == KEYS[kind]


def test_same_call_with_other_content_has_the_same_key() -> None:
    """A second telling of one call is the same event, whatever else it says."""
    short, long = samples.CALL_COMPLETED_SHORT, samples.CALL_COMPLETED
    assert key_of(read(samples.body(short)), "a" * 64) == key_of(read(samples.body(long)), "b" * 64)


def test_call_id_alone_is_no_key() -> None:
    """An answered and a completed call share their id and are two events."""
    assert key("call.answered", call_id="c1") != key("call.completed", call_id="c1")


def test_identity_does_not_change_when_a_type_becomes_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An event that is on the ledger as unknown is not acted on again under another key."""
    before = {one: key(one, id=7) for one in (*TYPES, "call.teleported")}
    monkeypatch.setattr("justcall.catalogue.TYPES", {"call.teleported": "call.updated"})
    assert {one: key(one, id=7) for one in before} == before
    assert before["call.teleported"] == f"call.teleported:7:{HASH[:16]}"


def test_types_that_are_told_once() -> None:
    """Adding one would give events on the ledger another key: they would be acted on twice."""
    assert content_hash(" ".join(sorted(ONCE)).encode())[:16] == "ea375b4810d3018b"
    assert set(TYPES) >= ONCE


def test_unknown_types_may_repeat() -> None:
    """Two tellings of one object are two events when we do not know the type."""
    envelope = Envelope("call.updated", TIME, {"call_id": "c1"})
    first, second = key_of(envelope, "a" * 64), key_of(envelope, "b" * 64)
    assert first == f"call.updated:c1:{'a' * 16}"
    assert first != second


@pytest.mark.parametrize("nothing", [{}, {"call_id": None}, {"call_id": ""}, {"id": []}, {"id": {}},
                                     {"id": True}, {"name": "x"}], ids=repr)  # fmt: skip
def test_without_an_id_the_content_is_the_key(nothing: dict[str, Any]) -> None:
    """An event that names no object is known by its bytes."""
    assert key("call.completed", **nothing) == f"call.completed:sha256-{HASH}"


def test_an_empty_id_gives_way_to_the_next_field() -> None:
    """Some real events have an empty id; the next field that holds something counts."""
    assert key("call.completed", call_id="", id=7) == "call.completed:7"


@pytest.mark.parametrize(
    "nothing", [0, "0", 0.0, "", None, float("inf"), float("nan"), True, [], {}], ids=repr
)
def test_what_is_no_id(nothing: object) -> None:
    """JustCall writes zero or nothing where it has no id: such events are told apart by their bytes."""
    assert key("contact.created", id=nothing).startswith("contact.created:sha256-")


def test_a_number_is_one_id_however_it_is_written() -> None:
    """`1`, `1.0`, `"1"` and `" 1"` name the same contact."""
    spellings = (1, 1.0, "1", " 1", "1\n", "1.0", "1.00", [1], ["1"])
    assert {key("contact.created", id=one) for one in spellings} == {"contact.created:1"}


def test_a_types_own_id_comes_first() -> None:
    """Two texts or voicemails of one call are two."""
    assert key("sms.received", call_id="c1", message_id="m1") == "sms.received:m1"
    assert key("voicemail.received", call_id="c1", voicemail_id="v1") == "voicemail.received:v1"
    assert key("contact.created", call_id="c1", id="7") == "contact.created:7"
    for named in ({"id": "7"}, {"appointment_id": "7", "id": "1"}):
        found = key("appointment.scheduled", contact_id="c1", **named)
        assert found == f"appointment.scheduled:7:{HASH[:16]}"


def test_an_id_that_looks_like_a_hash_is_no_other_ids() -> None:
    """It is hashed too, so it cannot take the place of the id that has that hash."""
    personal = "+14155559876"
    disguised = key("call.completed", call_id=personal).removeprefix("call.completed:")
    assert key("call.completed", call_id=disguised) != key("call.completed", call_id=personal)


@pytest.mark.parametrize("personal", ["+14155559876", "jordan.lee@example.com", "Jordan Lee"])
def test_personal_ids_are_hashed(personal: str) -> None:
    """A number or an address that serves as an id does not stand in keys, logs and metrics."""
    found = key("sms.received", message_id=personal)
    assert personal not in found
    assert re.fullmatch(r"sms\.received:sha256-[0-9a-f]{64}", found)


def test_quarantine_key() -> None:
    """What cannot be read is known by its bytes."""
    assert quarantine_key(HASH) == f"quarantined:sha256-{HASH}"


_TYPES = st.sampled_from([*KINDS, "call.updated", "a" * 128])
_IDS = st.text() | st.integers() | st.text(alphabet=string.printable, max_size=250)
_FIELDS = st.sampled_from(["call_id", "message_id", "voicemail_id", "contact_id", "id"])


@given(_TYPES, _FIELDS, _IDS | st.none() | st.floats() | st.booleans() | st.lists(st.integers()))
def test_any_id_gives_a_key_that_can_be_stored_and_typed(
    event_type: str, field: str, value: object
) -> None:
    """Keys are printable ASCII without spaces, and fit DynamoDB's sort key beside a time."""
    found = key(event_type, **{field: value})
    assert found == key(event_type, **{field: value})
    assert re.fullmatch(r"[!-~]{1,990}", found)


@given(_TYPES, _IDS, _IDS)
def test_different_objects_have_different_keys(event_type: str, one: object, other: object) -> None:
    """Two ids that are not the same text, but for space around it, are two objects."""
    texts = str(one).strip(), str(other).strip()
    assume(not any(text in ("", "0") or re.fullmatch(r"\d+\.0+", text) for text in texts))
    same = texts[0] == texts[1]
    assert (key(event_type, id=one) == key(event_type, id=other)) is same


@given(st.text(alphabet=st.characters(categories=["Cs"]), min_size=1, max_size=5))
def test_half_characters_give_keys(half: str) -> None:
    """JSON allows half a character; it has no UTF-8 form and still names an object."""
    document = json.dumps({"event": "call.completed", "data": {"call_id": half}})
    assert key_of(read(document.encode()), HASH).startswith("call.completed:sha256-")
