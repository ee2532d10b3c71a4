"""Reading deliveries that have not arrived, and how destinations have been."""

import time
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from cli.reading import table
from cli.reading.table import Document
from cli.stack import Stack
from deliveries import places
from deliveries.destination import Destination
from justcall.moments import iso
from ledger import schema

# Deliveries of one destination and state that a count reads.
MAX_COUNTED = 1_000
_ITEM_NAMES = "pk, sk, cell, received_at, first_at, attempts, kind, #key, #error, packed"


def deliveries(
    stack: Stack, names: Sequence[str], *, failed: bool, waiting: bool, limit: int
) -> list[Document]:
    """Return deliveries that have not arrived, those with the earliest time first."""
    rows: list[Document] = []
    for name in names:
        cells = [(places.waiting(name), waiting), (places.failed(name), failed)]
        for cell in [cell for cell, is_wanted in cells if is_wanted]:
            keys = [row["sk"]["S"] for row in islice(_rows(stack, cell), limit)]
            rows += [one for key in keys if (one := _delivery(stack, name, key))]
    return sorted(rows, key=lambda one: str(one["at"]))[:limit]


def document(stack: Stack, one: Destination) -> Document:
    """Return a destination with the fields that docs/cli.md promises; never its secret."""
    state, filters = one.state, one.filters
    delivered, failed = _counts(stack, one.name)
    tried = delivered + failed
    return {
        "name": one.name,
        "state": _word(one),
        "since": iso(state.failing_since) if state.failing_since else None,
        "last_error": state.last_error or None,
        "last_error_at": iso(state.last_error_at) if state.last_error_at else None,
        "success_rate": round(delivered / tried, 4) if tried else None,
        "delivered": delivered,
        "failed_attempts": failed,
        "waiting": _count(stack, places.waiting(one.name)),
        "given_up": _count(stack, places.failed(one.name)),
        "url": one.url,
        "kinds": sorted(filters.kinds),
        "numbers": sorted(filters.numbers),
        "agents": sorted(filters.agents),
        "direction": filters.direction or None,
        "created_at": one.created_at or None,
        "rotated_at": one.rotated_at or None,
    }


def _word(one: Destination) -> str:
    if one.state.paused:
        return one.state.paused
    return "failing" if one.state.failing_since else "healthy"


def _counts(stack: Stack, name: str) -> tuple[int, int]:
    """Return how many attempts of today and yesterday (UTC) succeeded and failed."""
    today = datetime.fromtimestamp(time.time(), UTC)
    days = [f"{today - timedelta(days=ago):%Y-%m-%d}" for ago in (0, 1)]
    items = [
        stack.client("dynamodb")
        .get_item(TableName=stack.events_table, Key=places.counts(name, day))
        .get("Item", {})
        for day in days
    ]
    delivered, failed = (
        sum(table.number(one, attribute) for one in items) for attribute in ("delivered", "failed")
    )
    return delivered, failed


def _count(stack: Stack, cell: str) -> int:
    return sum(1 for _ in islice(_rows(stack, cell), MAX_COUNTED))


def _rows(stack: Stack, cell: str) -> Any:
    return table.query(stack, "cell = :cell", {":cell": cell}, IndexName=schema.STATUS_INDEX)


def _delivery(stack: Stack, name: str, one_id: str) -> Document | None:
    """Return a delivery as it is now; None if it has arrived since the index was read."""
    item = (
        stack.client("dynamodb")
        .get_item(
            TableName=stack.events_table,
            Key=places.delivery(name, one_id),
            ProjectionExpression=_ITEM_NAMES,
            ExpressionAttributeNames={"#key": "key", "#error": "error"},
        )
        .get("Item")
    )
    if item is None:
        return None
    return {
        "destination": name,
        "state": "given up" if item["cell"]["S"] == places.failed(name) else "waiting",
        "at": item["received_at"]["S"],
        "first_at": iso(float(item["first_at"]["N"])),
        "attempts": int(item["attempts"]["N"]),
        "error": item["error"]["S"],
        "kind": item["kind"]["S"],
        "key": item["key"]["S"],
        "webhook_id": one_id,
        "bytes": len(zlib.decompress(item["packed"]["B"])),
    }
