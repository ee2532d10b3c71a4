"""Everything about one event, and about one contact's wishes."""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from cli import CALLED
from cli.errors import NotFoundError
from cli.reading.table import Document, Item, document, number, partition
from cli.stack import Stack
from justcall.consent import FlagChange, newest_first, states_of
from ledger import bodies, schema
from ledger.consent import history

# Deeper documents exhaust the stack of json.dumps.
_MAX_DEPTH = 100
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
# Fields that only `show` has.
_TEXTS = (
    "contact", "at", "sent_at", "processed_at", "first_failed_at", "failed_at", "stuck_at",
    "last_delivery_at", "replayed_as",
)  # fmt: skip


def event(stack: Stack, key: str) -> Document:
    """Return everything about one event. Raises NotFoundError."""
    items = partition(stack, schema.event_partition(key))
    own = [item for item in items if item["sk"]["S"].startswith(schema.LEDGER)]
    if not own:
        raise NotFoundError(f"No event {key}. List events: {CALLED} events")
    head = own[0]
    return {
        **document(head),
        **{name: head.get(name, {}).get("S") for name in _TEXTS},
        "sweeps": number(head, "sweeps"),
        "replays": [_replay(one["M"]) for one in head.get("replays", {}).get("L", [])],
        "body": _content(own),
        "conflicts": _conflicts(items),
    }


def contact(stack: Stack, phone: str) -> Document:
    """Return what a contact does not want, and the history of each flag, newest first."""
    changes = newest_first(history(partition(stack, schema.consent_partition(phone))))
    return {
        "number": phone,
        "consent": {flag: one._asdict() for flag, one in sorted(states_of(changes).items())},
        "history": [_change(one) for one in changes],
    }


def _change(one: FlagChange) -> Document:
    return {
        "flag": one.flag,
        "at": one.at,
        "change": one.step,
        "type": schema.type_of(one.key),
        "key": one.key,
    }


def _replay(texts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: texts[name]["S"] for name in ("at", "reason", "was")}


def _conflicts(items: Sequence[Item]) -> list[Document]:
    """Return the deliveries that had the same key and another body."""
    prefix, parts = schema.evidence(""), schema.parts_prefix("")
    keys = {item["sk"]["S"]: item for item in items if item["sk"]["S"].startswith(prefix)}
    return [
        {
            "received_at": head["received_at"]["S"],
            "body": _content([item for sk, item in keys.items() if sk.startswith(sort_key)]),
        }
        for sort_key, head in keys.items()
        if parts not in sort_key
    ]


def _content(items: Sequence[Item]) -> Any:
    """Return a body as JSON if it is JSON that can be printed, else as text."""
    try:
        content = bodies.unpack(items) or b""
    except zlib.error:
        return "damaged: its compressed form can't be read"
    try:
        text = content.decode()
        return json.loads(text) if _depth(text) <= _MAX_DEPTH else text
    except ValueError:
        return content.decode(errors="replace")


def _depth(text: str) -> int:
    brackets = (one for one in _STRINGS.sub("", text) if one in "[]{}")
    return max(accumulate(1 if one in "[{" else -1 for one in brackets), default=0)
