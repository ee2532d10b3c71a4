"""The table's items: queries, and what is known of single events and contacts."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, batched
from typing import Any

from cli import CALLED
from cli.errors import NotFoundError
from cli.stack import Stack
from ledger import bodies, schema

# The most that fit one BatchGetItem.
_BATCH = 100
# Deeper documents exhaust the stack of json.dumps.
_MAX_DEPTH = 100
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRIEF = (
    "pk", "dialect", "status", "received_at", "event_time", "deliveries", "attempts",
    "error",
)  # fmt: skip
# What `show` adds, where the event has it.
_TEXTS = (
    "contact", "at", "sent_at", "processed_at", "first_failed_at", "failed_at", "stuck_at",
    "last_delivery_at", "replayed_as",
)  # fmt: skip

type Document = dict[str, Any]
type Item = Mapping[str, Any]


def query(
    stack: Stack, condition: str, values: Mapping[str, str], **arguments: Any
) -> Iterator[Item]:
    """Yield the items that fit a key condition; a page is read when its first item is taken."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.events_table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            **arguments,
        )
    )
    return (item for page in pages for item in page["Items"])


def partition(stack: Stack, name: str) -> list[Item]:
    """Return all items of a partition as they are now."""
    return list(query(stack, "pk = :pk", {":pk": name}, ConsistentRead=True))


def ledger_items(stack: Stack, key: str) -> list[Item]:
    """Return an event's ledger item and its body's parts as they are now, without evidence."""
    condition, values = "pk = :pk AND begins_with(sk, :sk)", {":sk": schema.LEDGER}
    values[":pk"] = schema.event_partition(key)
    return list(query(stack, condition, values, ConsistentRead=True))


def event(stack: Stack, key: str) -> Document:
    """Return everything about one event. Raises NotFoundError."""
    items = partition(stack, schema.event_partition(key))
    own = [item for item in items if item["sk"]["S"].startswith(schema.LEDGER)]
    if not own:
        raise NotFoundError(f"No event {key}. List events: {CALLED} events")
    head = own[0]
    return {
        **_document(head),
        **{name: head.get(name, {}).get("S") for name in _TEXTS},
        "sweeps": _number(head, "sweeps"),
        "replays": [_replay(one["M"]) for one in head.get("replays", {}).get("L", [])],
        "body": _content(own),
        "conflicts": _conflicts(items),
    }


def brief(stack: Stack, keys: Sequence[str]) -> list[Document]:
    """Return what `events` shows of each of these events that exists, in their order."""
    unique = list(dict.fromkeys(keys))
    found: dict[str, Document] = {}
    for chunk in batched(unique, _BATCH, strict=False):
        found |= {one["key"]: one for one in map(_document, _get(stack, chunk))}
    return [found[key] for key in unique if key in found]


def contact(stack: Stack, number: str) -> Document:
    """Return what a contact does not want: each flag's newest value, since when, by which event."""
    consent = {
        item["sk"]["S"]: {
            "value": item["value"]["BOOL"],
            "since": item["at"]["S"],
            "key": item["key"]["S"],
        }
        for item in partition(stack, schema.consent_partition(number))
        if "value" in item
    }
    return {"number": number, "consent": consent}


def _get(stack: Stack, keys: Sequence[str]) -> list[Item]:
    names = {f"#{name}": name for name in _BRIEF}
    partitions = [{"S": schema.event_partition(key)} for key in keys]
    request: Any = {
        stack.events_table: {
            "Keys": [{"pk": pk, "sk": {"S": schema.LEDGER}} for pk in partitions],
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
    }
    items: list[Item] = []
    while request:
        answer = stack.client("dynamodb").batch_get_item(RequestItems=request)
        items += answer["Responses"].get(stack.events_table, [])
        request = answer.get("UnprocessedKeys")
    return items


def _document(item: Item) -> Document:
    """Return an event with the fields that docs/cli.md promises."""
    return {
        "key": schema.key_of(item["pk"]["S"]),
        "type": schema.type_of(schema.key_of(item["pk"]["S"])),
        "dialect": item["dialect"]["S"],
        "status": item["status"]["S"],
        "received_at": item["received_at"]["S"],
        "event_time": item.get("event_time", {}).get("S"),
        "deliveries": _number(item, "deliveries"),
        "attempts": _number(item, "attempts"),
        "error": item.get("error", {}).get("S"),
    }


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {}).get("N", 0))


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
    content = bodies.unpack(items) or b""
    try:
        if _depth(content) <= _MAX_DEPTH:
            return json.loads(content)
    except ValueError:
        pass
    return content.decode(errors="replace")


def _depth(content: bytes) -> int:
    brackets = (one for one in _STRINGS.sub(b"", content) if one in b"[]{}")
    return max(accumulate(1 if one in b"[{" else -1 for one in brackets), default=0)
