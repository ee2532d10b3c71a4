"""Everything about one event, and about one contact's wishes."""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from cli import CALLED
from cli.errors import NotFoundError
from cli.reading import failures, recordings
from cli.reading.table import (
    Document,
    Item,
    body_hashes,
    document,
    everything_of,
    number,
    partition,
    texts,
)
from cli.stack import Stack
from justcall.consent import FlagChange, newest_first, states_of
from ledger import bodies, queries, schema
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
    items = everything_of(stack, key)
    head = next((item for item in items if item["sk"]["S"] == schema.LEDGER), None)
    if head is None:
        raise NotFoundError(f"No event {key}. List events: {CALLED} events")
    [listed] = failures.explain(stack, [document(head)])
    return {
        **listed,
        **texts(head, _TEXTS),
        "sweeps": number(head, "sweeps"),
        "recordings": recordings.of_item(stack, head) if stack.recordings_bucket else [],
        "replays": [_replay(one["M"]) for one in head.get("replays", {}).get("L", [])],
        "dismissals": [_replay(one["M"]) for one in head.get("dismissals", {}).get("L", [])],
        "body": content(head, items),
        "conflicts": [
            {
                "hash": one["body_hash"]["B"].hex(),
                "dialect": one["dialect"]["S"],
                "received_at": one["received_at"]["S"],
                "body": content(one, items),
            }
            for one in evidence(items)
        ],
    }


def contact(stack: Stack, phone: str) -> Document:
    """Return a contact's consent flags and the history of each, newest first.

    A change by a body that an authenticated one has displaced does not count.
    """
    changes = newest_first(history(partition(stack, schema.consent_partition(phone))))
    hashes = body_hashes(stack, [one.key for one in changes])
    counted = [one for one in changes if hashes.get(one.key, one.body).startswith(one.body)]
    return {
        "number": phone,
        "consent": {flag: one._asdict() for flag, one in sorted(states_of(counted).items())},
        "history": [_change(one, displaced=one not in counted) for one in changes],
    }


def _change(one: FlagChange, *, displaced: bool) -> Document:
    return {
        "flag": one.flag,
        "at": one.at,
        "change": one.step,
        "type": schema.type_of(one.key),
        "key": one.key,
        "displaced": displaced,
    }


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


def content(head: Item, items: Sequence[Item]) -> Any:
    """Return a body as JSON if it is JSON that can be printed, else as text."""
    try:
        content = bodies.unpack(whole(head, items)) or b""
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
