"""Keeping a CloudEvent within EventBridge's limit by leaving out its longest fields."""

import json
from typing import Any

# Source: EventBridge, PutEvents: 256 KB for all entries of a request, with their sources and types.
MAX_BYTES = 240 * 1024
# Fields by which consumers find and order what they get.
_NEVER = frozenset(
    {"key", "type", "kind", "dialect", "at", "received_at", "number", "subjects"}
    | {"ids", "revision", "events", "left_out"}
)


def text(document: dict[str, Any]) -> str:
    """Return a CloudEvent as JSON of at most MAX_BYTES; what is left out is named in `left_out`."""
    written = _json(document)
    excess = len(written) - MAX_BYTES
    if excess <= 0:
        return written
    parts: list[dict[str, Any]] = list(document["data"].values())
    longest = sorted(
        (-len(_json(value)), number, name)
        for number, part in enumerate(parts)
        for name, value in part.items()
        if name not in _NEVER
    )
    for length, number, name in longest:
        # The name moves to `left_out`.
        del parts[number][name]
        parts[number]["left_out"] = sorted({*parts[number].get("left_out", ()), name})
        excess += length
        if excess <= 0 and len(_json(document)) <= MAX_BYTES:
            break
    return _json(document)


def _json(value: object) -> str:
    # ASCII: its length in characters is its length in bytes, and half an emoji is legal.
    return json.dumps(value, separators=(",", ":"))
