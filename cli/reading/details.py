"""Everything about one event, and about one contact's wishes."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from cli import CALLED
from cli.errors import NotFoundError
from cli.reading.table import Document, Item, document, number, partition
from cli.stack import Stack
from ledger import bodies, queries, schema
from ledger.consent import value_of

# Deeper documents exhaust the stack of json.dumps.
_MAX_DEPTH = 100
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
# What `show` adds, where the event has it.
_TEXTS = (
    "contact", "at", "sent_at", "processed_at", "first_failed_at", "failed_at", "stuck_at",
    "last_delivery_at", "replayed_as",
)  # fmt: skip


def event(stack: Stack, key: str) -> Document:
    """Return everything about one event. Raises NotFoundError."""
    items = partition(stack, schema.event_partition(key))
    head = next((item for item in items if item["sk"]["S"] == schema.LEDGER), None)
    if head is None:
        raise NotFoundError(f"No event {key}. List events: {CALLED} events")
    return {
        **document(head),
        **{name: head.get(name, {}).get("S") for name in _TEXTS},
        "sweeps": number(head, "sweeps"),
        "replays": [_replay(one["M"]) for one in head.get("replays", {}).get("L", [])],
        "body": _content(head, items),
        "conflicts": [
            {
                "hash": one["body_hash"]["B"].hex(),
                "dialect": one["dialect"]["S"],
                "received_at": one["received_at"]["S"],
                "body": _content(one, items),
            }
            for one in evidence(items)
        ],
    }


def contact(stack: Stack, phone: str) -> Document:
    """Return what a contact does not want: each flag's newest value, since when, by which event."""
    consent = {
        item["sk"]["S"]: {
            "value": value_of(item),
            "since": max(item["at"]["S"], item.get("yes_at", {}).get("S", "")),
            "key": item["key"]["S"],
        }
        for item in partition(stack, schema.consent_partition(phone))
        if "value" in item
    }
    return {"number": phone, "consent": consent}


def _replay(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: texts[name]["S"] for name in ("at", "reason", "was")}


def evidence(items: Sequence[Item], body_hash: str = "") -> list[Item]:
    """Return the deliveries of a partition that had the same key and another body.

    `body_hash` may be the beginning of one's hash.
    """
    prefix = schema.evidence(body_hash)
    return [item for item in items if item["sk"]["S"].startswith(prefix)]


def whole(head: Item, items: Sequence[Item]) -> Sequence[Item]:
    """Return an item of a partition and the parts of its body."""
    return queries.with_parts(
        [head], lambda prefix: [one for one in items if one["sk"]["S"].startswith(prefix)]
    )


def _content(head: Item, items: Sequence[Item]) -> Any:
    """Return a body as JSON if it is JSON that can be printed, else as text."""
    content = bodies.unpack(whole(head, items)) or b""
    try:
        if _depth(content) <= _MAX_DEPTH:
            return json.loads(content)
    except ValueError:
        pass
    return content.decode(errors="replace")


def _depth(content: bytes) -> int:
    brackets = (one for one in _STRINGS.sub(b"", content) if one in b"[]{}")
    return max(accumulate(1 if one in b"[{" else -1 for one in brackets), default=0)
