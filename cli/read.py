"""What the table holds, as plain documents: the JSON that docs/cli.md describes."""

import heapq
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched, chain, islice
from typing import Any

from cli import CALLED
from cli.errors import NotFoundError
from cli.stack import Stack
from justcall.catalogue import kind_of
from justcall.timeline import joined, number_of
from ledger import bodies, schema

STATUSES = ("received", "processed", "failed", "stuck", "unhandled", "quarantined")
# Events leave the ledger after 90 days unless the deployment says otherwise.
OLDEST_DAYS = 90
# No more fit one BatchGetItem.
_PAGE = 100
# What `show` adds to what `events` has, where the event has it.
_MORE = (
    "processed_at",
    "first_failed_at",
    "failed_at",
    "stuck_at",
    "last_delivery_at",
    "replayed_as",
)

type Document = dict[str, Any]


def events(
    stack: Stack, status: str | None, kind: str | None, since: datetime | None, limit: int
) -> list[Document]:
    """Return the newest events that fit, the newest first; `since` is in UTC."""
    fitting = (
        event
        for keys in batched(_recent(stack, since), _PAGE, strict=False)
        for event in _fetch(stack, keys)
        if (not status or event["status"] == status)
        and (not kind or kind in (event["type"], kind_of(event["type"])))
    )
    return list(islice(fitting, limit))


def event(stack: Stack, key: str) -> Document:
    """Return everything about one event. Raises NotFoundError."""
    items = _query(stack, schema.event_partition(key))
    ledger = [item for item in items if _is_ledger(item)]
    if not ledger:
        raise NotFoundError(f"no event {key}; see: {CALLED} events")
    conflicts = [item for item in items if _is_evidence(item)]
    shown = _document(ledger[0])
    for name in _MORE:
        shown[name] = ledger[0].get(name, {}).get("S")
    shown["sweeps"] = int(ledger[0].get("sweeps", {}).get("N", 0))
    shown["replays"] = [_plain(one["M"]) for one in ledger[0].get("replays", {}).get("L", [])]
    shown["body"] = _content(ledger)
    shown["conflicts"] = [
        {"received_at": one["received_at"]["S"], "body": _content(_with_parts(items, one))}
        for one in conflicts
    ]
    return shown


def ledger_items(stack: Stack, key: str) -> list[Any]:
    """Return an event's ledger item and its body's parts as they are now, without evidence."""
    return [item for item in items(stack, schema.event_partition(key)) if _is_ledger(item)]


def items(stack: Stack, partition: str) -> list[Any]:
    """Return all items of one partition of the events table as they are now."""
    return _query(stack, partition, consistent=True)


def brief(stack: Stack, keys: Sequence[str]) -> dict[str, Document]:
    """Return what `events` shows of some events, by their keys; those not there are left out."""
    partitions = [schema.event_partition(key) for key in dict.fromkeys(keys)]
    pages = batched(partitions, _PAGE, strict=False)
    return {one["key"]: one for page in pages for one in _fetch(stack, page)}


def timeline(stack: Stack, number: str, limit: int) -> list[Document]:
    """Return a number's timeline in the order of the events' own times, from the last `limit`.

    What tells of one call is one entry.
    """
    partition = schema.contact_partition(number_of(number))
    items = _query(stack, partition, newest_first=True, limit=limit)
    return joined(json.loads(bodies.unpack([item]) or b"{}") for item in items)


def contact(stack: Stack, number: str) -> Document:
    """Return what a number's owner does not want: each flag's newest value, and since when."""
    found = number_of(number)
    items = _query(stack, schema.consent_partition(found))
    consent = {
        item["sk"]["S"]: {
            "value": item["value"]["BOOL"],
            "since": item["at"]["S"],
            "key": item["key"]["S"],
        }
        for item in items
    }
    return {"number": found, "consent": consent}


def _recent(stack: Stack, since: datetime | None) -> Iterator[str]:
    """Yield the partitions of events, the newest first; no more is read than is asked for."""
    now = datetime.now(UTC)
    oldest = since or now - timedelta(days=OLDEST_DAYS)
    client = stack.client("dynamodb")

    def shard(name: str) -> Iterator[Any]:
        paginator = client.get_paginator("query")
        pages = iter(
            paginator.paginate(
                TableName=stack.events_table,
                IndexName=schema.RECENT_INDEX,
                KeyConditionExpression="#bucket = :bucket AND received_at >= :since",
                ExpressionAttributeNames={"#bucket": "bucket"},  # a reserved word
                ExpressionAttributeValues={
                    ":bucket": {"S": name},
                    ":since": {"S": oldest.isoformat(timespec="milliseconds")[:23]},
                },
                ScanIndexForward=False,
                PaginationConfig={"PageSize": _PAGE},
            )
        )
        # Here and not when it is asked for: the shards' first pages are read side by side.
        first = list(islice(pages, 1))
        return (item for page in chain(first, pages) for item in page["Items"])

    with ThreadPoolExecutor(schema.SHARDS) as pool:
        for back in range((now.date() - oldest.date()).days + 1):
            day = (now - timedelta(days=back)).date().isoformat()
            names = [schema.day_bucket(day, number) for number in range(schema.SHARDS)]
            newest_first = heapq.merge(*pool.map(shard, names), key=_came, reverse=True)
            yield from (item["pk"]["S"] for item in newest_first)


def _came(item: Any) -> str:
    received_at: str = item["received_at"]["S"]
    return received_at


def _fetch(stack: Stack, partitions: Sequence[str]) -> list[Document]:
    """Return the ledger items of some events without their bodies, the newest first."""
    client = stack.client("dynamodb")
    names = ("pk", "type", "dialect", "status", "received_at", "event_time", "deliveries")
    wanted = {f"#{name}": name for name in (*names, "attempts", "error")}
    request: Any = {
        stack.events_table: {
            "Keys": [{"pk": {"S": pk}, "sk": {"S": schema.LEDGER}} for pk in partitions],
            "ProjectionExpression": ", ".join(wanted),
            "ExpressionAttributeNames": wanted,
        }
    }
    found: list[Any] = []
    while request:
        answer = client.batch_get_item(RequestItems=request)
        found += answer["Responses"].get(stack.events_table, [])
        request = answer.get("UnprocessedKeys")
    return [_document(item) for item in sorted(found, key=_came, reverse=True)]


def _query(
    stack: Stack,
    partition: str,
    *,
    newest_first: bool = False,
    limit: int | None = None,
    consistent: bool = False,
) -> list[Any]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.events_table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ScanIndexForward=not newest_first,
            ConsistentRead=consistent,
            PaginationConfig={"MaxItems": limit},
        )
    )
    return [item for page in pages for item in page["Items"]]


def _document(item: Any) -> Document:
    """Return an event with the keys that docs/cli.md promises."""
    return {
        "key": schema.key_of(item["pk"]["S"]),
        "type": item["type"]["S"],
        "dialect": item["dialect"]["S"],
        "status": item["status"]["S"],
        "received_at": item["received_at"]["S"],
        "event_time": item.get("event_time", {}).get("S"),
        "deliveries": int(item["deliveries"]["N"]),
        "attempts": int(item.get("attempts", {}).get("N", 0)),
        "error": item.get("error", {}).get("S"),
    }


def _is_ledger(item: Any) -> bool:
    sort_key: str = item["sk"]["S"]
    return sort_key.startswith(schema.LEDGER)


def _plain(texts: Any) -> dict[str, str]:
    # In the order of docs/cli.md, whatever DynamoDB's is.
    return {name: texts[name]["S"] for name in ("at", "reason", "was")}


def _is_evidence(item: Any) -> bool:
    sort_key: str = item["sk"]["S"]
    return sort_key.startswith(schema.evidence("")) and schema.parts_prefix("") not in sort_key


def _with_parts(items: list[Any], head: Any) -> list[Any]:
    prefix = schema.parts_prefix(head["sk"]["S"])
    return [head, *(item for item in items if item["sk"]["S"].startswith(prefix))]


def _content(items: list[Any]) -> Any:
    """Return a body as JSON where it is some, else as text."""
    content = bodies.unpack(items) or b""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
