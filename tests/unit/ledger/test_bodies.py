"""How a content lies in the table."""

import hashlib
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bodies import PART_BYTES, WRITE_UNIT, attribute, cut, pack, unpack
from ledger.dictionary import DICTIONARY
from tests.support.samples import CALL_COMPLETED, body

ITEM_BYTES = 400 * 1024  # where DynamoDB ends an item
SAMPLE = body(CALL_COMPLETED)


def noise(size: int) -> bytes:
    """Return bytes that no compression makes smaller, the same at every run."""
    return random.Random(size).randbytes(size)  # noqa: S311  # no secret


def stored(content: bytes, others: int = 300) -> list[dict[str, object]]:
    """Return the items in which a content would be stored."""
    packed = pack(content, others)
    pieces = [packed] if isinstance(packed, str) else cut(packed)
    return [attribute(piece) for piece in pieces]


@given(st.binary() | st.text().map(str.encode), st.integers(0, 2000))
def test_any_content_comes_back(content: bytes, others: int) -> None:
    """What was kept is what came, byte for byte."""
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
    """Without a unit to save, text stays text."""
    content = noise(700).hex().encode()  # compresses to about half: still two units
    assert pack(content, 400) == content.decode()


def test_what_is_no_text_is_compressed() -> None:
    """DynamoDB's texts hold characters, so other bytes are kept as bytes."""
    assert isinstance(pack(b"\xff\xfe", 300), bytes)


@pytest.mark.parametrize("items", [[], [{}], [{"pk": {"S": "event#x"}}]])
def test_no_content_is_none(items: list[dict[str, object]]) -> None:
    """Items that hold no content give none, which is not an empty one."""
    assert unpack(items) is None


def test_the_dictionary_never_changes() -> None:
    """What lies in tables was compressed with these bytes and can be read with no others."""
    frozen = "08c63ca20387826c309105cc284286e176825281cb92f7201437000dbd94e510"
    assert hashlib.sha256(DICTIONARY).hexdigest() == frozen


def test_what_is_cut_short_is_not_taken_for_whole() -> None:
    """A part that is missing is an error, not half a body."""
    packed = pack(noise(5000), 300)
    assert isinstance(packed, bytes)
    with pytest.raises(zlib.error):
        unpack([{"packed": {"B": packed[:-10]}}])


def test_all_of_an_item_is_billed() -> None:
    """Whether compressing saves a unit depends on what else the item holds."""
    content = b'{"notes": "' + b"x" * 1500 + b'"}'
    assert isinstance(pack(content, 1000), bytes)
    assert isinstance(pack(content[:900], 1000), bytes)
    assert isinstance(pack(content[:900], 100), str)
