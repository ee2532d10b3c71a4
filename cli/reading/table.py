"""The table's items, and the fields of an event that every listing shows."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import Any, NamedTuple

from cli.stack import Stack
from ledger import queries, schema

# The most that fit one BatchGetItem.
_BATCH = 100
_BRIEF = (
    "pk", "dialect", "status", "received_at", "event_time", "deliveries", "attempts",
    "error",
)  # fmt: skip
type Document = dict[str, Any]
type Item = Mapping[str, Any]


class Page(NamedTuple):
    """Rows of a listing, complete back to `before`; None if there are no older ones."""

    rows: list[Document]
    before: str | None


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


def everything_of(stack: Stack, key: str) -> list[Item]:
    """Return an event's ledger item, its parts and its evidence as they are now."""
    return partition(stack, schema.event_partition(key))


def ledger_items(stack: Stack, key: str) -> list[Item]:
    """Return an event's ledger item and its body's parts as they are now, without evidence."""

    def beginning(sort_key: str) -> list[Item]:
        values = {":pk": schema.event_partition(key), ":sk": sort_key}
        condition = "pk = :pk AND begins_with(sk, :sk)"
        return list(query(stack, condition, values, ConsistentRead=True))

    return list(queries.with_parts(beginning(schema.LEDGER), beginning))


def brief(stack: Stack, keys: Sequence[str], more: Sequence[str] = ()) -> list[Document]:
    """Return these events, without those that do not exist, with the fields of `hooks events`.

    `more` names attributes that are texts; they are None where they are absent.
    """
    items = _get(stack, keys, (*_BRIEF, *more))
    by_key = {one["key"]: one for one in (document(item) | texts(item, more) for item in items)}
    return [by_key[key] for key in dict.fromkeys(keys) if key in by_key]


def texts(item: Item, names: Sequence[str]) -> Document:
    """Return attributes that are texts, None where they are absent."""
    return {name: item.get(name, {}).get("S") for name in names}


def body_hashes(stack: Stack, keys: Sequence[str]) -> dict[str, str]:
    """Return the hash of the body that each of these events has now, without missing events."""
    items = _get(stack, keys, ("pk", "body_hash"))
    return {schema.key_of(one["pk"]["S"]): one["body_hash"]["B"].hex() for one in items}


def items(stack: Stack, keys: Sequence[str]) -> Iterator[Item]:
    """Yield the ledger items of these events in any order, without those that do not exist."""
    return _get(stack, keys, ())


def _get(stack: Stack, keys: Sequence[str], attributes: Sequence[str]) -> Iterator[Item]:
    """Yield these attributes of events' ledger items, or all, in any order, as they are now."""
    for chunk in batched(dict.fromkeys(keys), _BATCH, strict=False):
        yield from _get_batch(stack, chunk, attributes)


def _get_batch(stack: Stack, keys: Sequence[str], attributes: Sequence[str]) -> Iterator[Item]:
    names = {f"#{name}": name for name in attributes}
    wanted: dict[str, Any] = {"Keys": list(map(schema.ledger_place, keys)), "ConsistentRead": True}
    if names:
        wanted["ProjectionExpression"] = ", ".join(names)
        wanted["ExpressionAttributeNames"] = names
    request: Any = {stack.events_table: wanted}
    while request:
        answer = stack.client("dynamodb").batch_get_item(RequestItems=request)
        yield from answer["Responses"].get(stack.events_table, [])
        request = answer.get("UnprocessedKeys")


def document(item: Item) -> Document:
    """Return an event with the fields that docs/cli.md promises."""
    return {
        "key": schema.key_of(item["pk"]["S"]),
        "type": schema.type_of(schema.key_of(item["pk"]["S"])),
        "dialect": item["dialect"]["S"],
        "status": item["status"]["S"],
        "received_at": item["received_at"]["S"],
        "event_time": item.get("event_time", {}).get("S"),
        "deliveries": number(item, "deliveries"),
        "attempts": number(item, "attempts"),
        "error": item.get("error", {}).get("S"),
    }


def number(item: Item, name: str) -> int:
    """Return an attribute that is 0 where it is absent."""
    return int(item.get(name, {}).get("N", 0))
