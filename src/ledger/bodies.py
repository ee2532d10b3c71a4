"""How a body and its timeline entry are stored: as text, or compressed where that is cheaper.

DynamoDB bills a write by the started KiB and limits an item to 400 KB. So a body is compressed when
that saves a write unit. A large one is cut into parts, each an item of its own beside the ledger
item, written in the same transaction.

An entry mostly repeats its body. With the body in zlib's dictionary it takes 100 to 150 bytes,
without it 560 and more. That keeps a 2 KB event's item within one write unit.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ledger import schema
from ledger.dictionary import DICTIONARY

WRITE_UNIT = 1024
# A body that is larger when compressed is cut into parts: every later write of the ledger item, and
# its copy in the index `timeline`, would be billed for it again.
MAX_INLINE_BYTES = 16 * 1024
PART_BYTES = 360 * 1024
# A larger entry omits its long fields, so that it always fits the item.
MAX_ENTRY_BYTES = 200 * 1024
_LONG_FIELD_BYTES = 16 * 1024
_SMALL_BYTES = 4096
# Copying a compressor that has read the dictionary is faster than reading the dictionary again.
# zlib's default window allocates 256 KiB, which takes longer than compressing 2 KB.
_SMALL = zlib.compressobj(wbits=13, memLevel=5, zdict=DICTIONARY)
_LARGE = zlib.compressobj(zdict=DICTIONARY)


def pack(content: bytes, others_bytes: int) -> str | bytes:
    """Return `content` as text, or compressed if it is not UTF-8 or that saves a write unit.

    `others_bytes` is the size of the other attributes of the same item. A text always fits one
    item; bytes may need `cut`.
    """
    text = _text(content)
    if text is not None and len(content) + others_bytes <= WRITE_UNIT:
        return text
    packed = _compress(content)
    saves = _units(len(packed) + others_bytes) < _units(len(content) + others_bytes)
    return packed if text is None or saves or len(content) > MAX_INLINE_BYTES else text


def fits_inline(body: bytes) -> bool:
    """Tell whether the body of a readable event is stored on its ledger item, not in parts."""
    return len(body) <= MAX_INLINE_BYTES or len(_compress(body)) <= MAX_INLINE_BYTES


def attribute(packed: str | bytes) -> dict[str, Any]:
    """Return the attribute for the result of `pack`: `text`, or `packed` (zlib)."""
    return {"text": {"S": packed}} if isinstance(packed, str) else {"packed": {"B": packed}}


def cut(packed: bytes) -> list[bytes]:
    """Cut a compressed body into pieces that each fit one item."""
    return [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]


def unpack(items: Sequence[Mapping[str, Any]]) -> bytes | None:
    """Return the content of one item, or of a body's parts in order; None if there is none.

    The items are as boto3's client returns them.
    """
    if items and "text" in items[0]:
        text: str = items[0]["text"]["S"]
        return text.encode()
    pieces = [item["packed"]["B"] for item in items if "packed" in item]
    return _decompress(b"".join(pieces), DICTIONARY) if pieces else None


def pack_entry(entry: Mapping[str, Any], body: bytes | None) -> bytes:
    """Compress a timeline entry; `body` is None if it is not on the same item.

    If the entry is too large, its long fields are omitted and named in `left_out`.
    """
    packed = _compress_entry(entry, body)
    if len(packed) <= MAX_ENTRY_BYTES:
        return packed
    long = [name for name, value in entry.items() if len(_json(value)) > _LONG_FIELD_BYTES]
    short = {name: value for name, value in entry.items() if name not in long}
    return _compress_entry(short | {"left_out": long}, body)


def unpack_entry(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the timeline entry of a ledger item, or of its row in the index `timeline`.

    `at`, `key`, `type`, `dialect`, `received_at` and `number` come from the item's own attributes.
    The item is as boto3's client returns it.
    """
    content = _decompress(item["entry"]["B"], _entry_dictionary(unpack([item])))
    entry: dict[str, Any] = json.loads(content)
    key = schema.key_of(item["pk"]["S"])
    placed = {"at": item["at"]["S"], "key": key, "type": schema.type_of(key)}
    placed |= {name: item[name]["S"] for name in ("dialect", "received_at")}
    return {**placed, "number": item["contact"]["S"], **entry}


def _compress_entry(entry: Mapping[str, Any], body: bytes | None) -> bytes:
    compressor = zlib.compressobj(zdict=_entry_dictionary(body))
    return compressor.compress(_json(entry)) + compressor.flush()


def _entry_dictionary(body: bytes | None) -> bytes:
    # zlib looks back 32 KiB at most.
    return (DICTIONARY + (body or b""))[-32_768:]


def _json(value: object) -> bytes:
    # Half an emoji (a lone surrogate) has no UTF-8 form.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")


def _compress(content: bytes) -> bytes:
    squeezer = (_SMALL if len(content) <= _SMALL_BYTES else _LARGE).copy()
    return squeezer.compress(content) + squeezer.flush()


def _decompress(packed: bytes, dictionary: bytes) -> bytes:
    opener = zlib.decompressobj(zdict=dictionary)
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
