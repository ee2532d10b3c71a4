"""How bodies and entries are stored."""

import hashlib
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bodies import (
    MAX_ENTRY_BYTES,
    MAX_INLINE_BYTES,
    PART_BYTES,
    WRITE_UNIT,
    attribute,
    cut,
    fits_inline,
    pack,
    pack_entry,
    unpack,
    unpack_entry,
)
from ledger.dictionary import DICTIONARY
from tests.support.samples import CALL_COMPLETED, body
from tests.unit.ledger.conftest import noise

ITEM_BYTES = 400 * 1024  # where DynamoDB ends an item
SAMPLE = body(CALL_COMPLETED)


def stored(content: bytes, others: int = 300) -> list[dict[str, object]]:
    """Return the items in which a content would be stored."""
    packed = pack(content, others)
    pieces = [packed] if isinstance(packed, str) else cut(packed)
    return [attribute(piece) for piece in pieces]


@given(st.binary() | st.text().map(str.encode), st.integers(0, 2000))
def test_any_content_comes_back(content: bytes, others: int) -> None:
    assert unpack(stored(content, others)) == content


SIZES = {
    "nothing": b"",
    "a NUL": b"\0",
    "a sample": SAMPLE,
    "noise": noise(400),
    "noise as large as a part": noise(PART_BYTES),
    "a MiB of noise": noise(1_048_576),
    "a MiB of one letter": b"x" * 1_048_576,
    "a MiB of digits": noise(524_288).hex().encode(),
    "a MB of umlauts": "ä".encode() * 500_000,
}


@pytest.mark.parametrize("content", SIZES.values(), ids=SIZES)
def test_every_size_comes_back_and_fits(content: bytes) -> None:
    """Every piece of a body fits an item beside its other attributes."""
    items = stored(content)
    assert unpack(items) == content
    for item in items:
        [value] = item.values()
        assert isinstance(value, dict)
        [piece] = value.values()
        raw = piece.encode() if isinstance(piece, str) else piece
        assert len(raw) <= PART_BYTES < ITEM_BYTES - 10_000


def test_small_text_stays_readable() -> None:
    """An event that fits one write unit is text that a person can read in the console."""
    assert pack(SAMPLE, 300) == SAMPLE.decode()


def test_text_is_compressed_when_that_saves_a_write_unit() -> None:
    """A write is billed by the started KiB, so 2 KB of JSON are worth compressing."""
    content = SAMPLE * 4
    packed = pack(content, 300)
    assert isinstance(packed, bytes)
    assert len(packed) + 300 <= WRITE_UNIT < len(content)


def test_text_stays_readable_when_compressing_saves_nothing() -> None:
    content = noise(700).hex().encode()  # compresses to about half: still two units
    assert pack(content, 400) == content.decode()


def test_bytes_that_are_no_text_are_compressed() -> None:
    assert isinstance(pack(b"\xff\xfe", 300), bytes)


@pytest.mark.parametrize("items", [[], [{}], [{"pk": {"S": "event#x"}}]])
def test_items_without_content_give_none(items: list[dict[str, object]]) -> None:
    assert unpack(items) is None


def test_the_dictionary_never_changes() -> None:
    """Stored bodies can be read with no other bytes."""
    frozen = "08c63ca20387826c309105cc284286e176825281cb92f7201437000dbd94e510"
    assert hashlib.sha256(DICTIONARY).hexdigest() == frozen


def test_missing_part_is_an_error_and_not_half_a_body() -> None:
    packed = pack(noise(5000), 300)
    assert isinstance(packed, bytes)
    with pytest.raises(zlib.error):
        unpack([{"packed": {"B": packed[:-10]}}])


def test_other_attributes_count_when_a_unit_is_to_be_saved() -> None:
    content = b'{"notes": "' + b"x" * 1500 + b'"}'
    assert isinstance(pack(content, 1000), bytes)
    assert isinstance(pack(content[:900], 1000), bytes)
    assert isinstance(pack(content[:900], 100), str)


def test_long_text_is_compressed_although_that_saves_no_unit() -> None:
    """Every later write of its ledger item would be billed for it again."""
    content = b"x" * 10 + noise(MAX_INLINE_BYTES).hex().encode()
    assert isinstance(pack(content, 300), bytes)


@given(st.integers(MAX_INLINE_BYTES - 40, MAX_INLINE_BYTES + 40) | st.integers(32_700, 33_200))
def test_text_fits_inline_exactly_if_it_is_not_cut(size: int) -> None:
    """The entry's dictionary depends on it, for both that write and that read."""
    content = noise(size).hex().encode()[:size]
    packed = pack(content, 500)
    inline = isinstance(packed, str) or len(packed) <= MAX_INLINE_BYTES
    assert fits_inline(content) is inline


# ------------------------------------------------------------ entries

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


PLACE: dict[str, Any] = {
    "pk": {"S": "event#call.completed:1"},
    "at": {"S": "2026-03-12T14:30:00.000Z"},
    "contact": {"S": "+14155559876"},
    "dialect": {"S": "url-signed"},
    "received_at": {"S": "2026-03-12T14:30:01.000Z"},
}
PLACED = {
    "at": "2026-03-12T14:30:00.000Z",
    "key": "call.completed:1",
    "type": "call.completed",
    "dialect": "url-signed",
    "received_at": "2026-03-12T14:30:01.000Z",
    "number": "+14155559876",
}


def decoded(entry: dict[str, Any], content: bytes | None) -> dict[str, Any]:
    """Return an entry as a reader of its item gets it."""
    item: dict[str, Any] = {} if content is None else stored(content)[0]
    return unpack_entry(PLACE | item | {"entry": {"B": pack_entry(entry, content)}})


@given(
    st.dictionaries(st.text(), _JSON, max_size=6),
    st.none() | st.text().map(str.encode) | st.just(SAMPLE) | st.just(SAMPLE * 100),
)
def test_any_entry_comes_back(entry: dict[str, Any], content: bytes | None) -> None:
    assert decoded(entry, content) == PLACED | entry


def test_half_a_character_is_replaced() -> None:
    """A text that was cut in the middle of an emoji has no UTF-8 form."""
    assert decoded({"notes": "cut \ud83d", "\udc00": 1}, SAMPLE) == PLACED | {
        "notes": "cut ?",
        "?": 1,
    }


def test_entry_costs_little_beside_its_body() -> None:
    entry = json.loads(SAMPLE)["data"]
    assert len(pack_entry(entry, SAMPLE)) < len(json.dumps(entry)) / 3


def test_entry_that_is_too_long_loses_its_long_fields_and_names_them() -> None:
    """What fits stays, and the entry with its inline body fits an item."""
    fits, too_long = "x" * (16 * 1024 - 2), "x" * (16 * 1024 - 1)
    huge = noise(400_000).hex()
    entry = {"notes": "short", "fits": fits, "too_long": too_long, "huge": huge}
    assert decoded(entry, None) == PLACED | {
        "notes": "short",
        "fits": fits,
        "left_out": ["too_long", "huge"],
    }
    packed = pack_entry(entry, None)
    assert len(packed) + MAX_INLINE_BYTES < MAX_ENTRY_BYTES + MAX_INLINE_BYTES < ITEM_BYTES - 50_000
