"""How a content lies in the table: as text where it can be read, compressed where that is cheaper.

DynamoDB bills a write by the started KiB and ends an item at 400 KB. So a body is compressed when
that saves a write unit, and one that is still too large is cut into parts, each an item of its
own beside the ledger item, written in the same transaction.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.dictionary import DICTIONARY

WRITE_UNIT = 1024
PART_BYTES = 360 * 1024
_SMALL_BYTES = 4096
# A copy of a compressor that has read the dictionary costs less than reading it again, and zlib's
# usual window takes 256 KiB of fresh memory, which costs more than compressing 2 KB.
_SMALL = zlib.compressobj(wbits=13, memLevel=5, zdict=DICTIONARY)
_LARGE = zlib.compressobj(zdict=DICTIONARY)


def pack(content: bytes, others_bytes: int) -> str | bytes:
    """Return `content` as text, or compressed where it is no text or that saves a write unit.

    `others_bytes` is the size of the other attributes of the same item. What is returned as text
    fits one item; what is returned as bytes may need `cut`.
    """
    text = _text(content)
    if text is not None and len(content) + others_bytes <= WRITE_UNIT:
        return text
    packed = _compress(content)
    saves = _units(len(packed) + others_bytes) < _units(len(content) + others_bytes)
    return packed if text is None or saves or len(content) > PART_BYTES else text


def attribute(packed: str | bytes) -> dict[str, Any]:
    """Return the attribute that holds what `pack` returned: `text` or `packed` (zlib)."""
    return {"text": {"S": packed}} if isinstance(packed, str) else {"packed": {"B": packed}}


def cut(packed: bytes) -> list[bytes]:
    """Cut a compressed body into pieces of which each fits an item."""
    return [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]


def unpack(items: Sequence[Mapping[str, Any]]) -> bytes | None:
    """Return the content that one item, or its parts in order, hold; None if they hold none.

    The items are as boto3's client returns them.
    """
    if items and "text" in items[0]:
        text: str = items[0]["text"]["S"]
        return text.encode()
    pieces = [item["packed"]["B"] for item in items if "packed" in item]
    return _decompress(b"".join(pieces)) if pieces else None


def unpack_entry(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the normalised entry that a processed item, or its row on the timeline, holds."""
    body = unpack([item]) or b""
    opener = zlib.decompressobj(zdict=(DICTIONARY + body)[-32768:])
    entry: dict[str, Any] = json.loads(opener.decompress(item["entry"]["B"]) + opener.flush())
    return entry


def _compress(content: bytes) -> bytes:
    squeezer = (_SMALL if len(content) <= _SMALL_BYTES else _LARGE).copy()
    return squeezer.compress(content) + squeezer.flush()


def _decompress(packed: bytes) -> bytes:
    opener = zlib.decompressobj(zdict=DICTIONARY)
    content = opener.decompress(packed) + opener.flush()
    if not opener.eof:
        raise zlib.error("cut short")
    return content


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _units(size: int) -> int:
    return -(-size // WRITE_UNIT)
