"""What the table holds, as plain documents: the JSON that docs/cli.md describes."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from aws import body as bodies
from aws import schema
from cli.errors import NotFoundError
from cli.stack import Stack
from justcall.timeline import number_of

STATUSES = ("received", "processed", "failed", "stuck", "unhandled", "quarantined")
# Events leave the ledger after 90 days unless the deployment says otherwise.
OLDEST_DAYS = 90
_EVENT_PREFIX = "event#"
_PAGE = 100

type Document = dict[str, Any]


def events(
    stack: Stack, status: str | None, kind: str | None, since: datetime | None, limit: int
) -> list[Document]:
    """Return the newest events that fit, the newest first."""
    found: list[Document] = []
    for keys in _recent(stack, since):
        fitting = (
            event
            for event in _fetch(stack, keys)
            if (not status or event["status"] == status) and (not kind or event["type"] == kind)
        )
        found += sorted(fitting, key=lambda event: event["received_at"], reverse=True)
        if len(found) >= limit:
            break
    return found[:limit]


def event(stack: Stack, key: str) -> Document:
    """Return everything about one event. Raises NotFoundError."""
    items = _query(stack, schema.event_partition(key))
    ledger = [item for item in items if item["sk"]["S"].startswith(schema.LEDGER)]
    if not ledger:
        raise NotFoundError(f"no event {key}; see: hooks events")
    conflicts = [item for item in items if _is_evidence(item)]
    shown = _document(ledger[0])
    for name in ("processed_at", "failed_at", "last_delivery_at"):
        shown[name] = ledger[0].get(name, {}).get("S")
    shown["body"] = _content(ledger)
    shown["conflicts"] = [
        {"received_at": one["received_at"]["S"], "body": _content(_with_parts(items, one))}
        for one in conflicts
    ]
    return shown


def timeline(stack: Stack, number: str, limit: int) -> list[Document]:
    """Return a number's timeline in the order of the events' own times, the last `limit`."""
    partition = schema.contact_partition(number_of(number))
    items = _query(stack, partition, newest_first=True, limit=limit)
    return [json.loads(bodies.unpack([item]) or b"{}") for item in reversed(items)]


def _recent(stack: Stack, since: datetime | None) -> Iterator[list[str]]:
    """Yield the partitions of events day by day, the newest day first."""
    now = datetime.now(UTC)
    oldest = since or now - timedelta(days=OLDEST_DAYS)
    client = stack.client("dynamodb")

    def shard(name: str) -> list[str]:
        pages = client.get_paginator(
            "query"
        ).paginate(
            TableName=stack.events_table,
            IndexName=schema.RECENT_INDEX,
            KeyConditionExpression="#bucket = :bucket AND received_at >= :since",
            ExpressionAttributeNames={"#bucket": "bucket"},  # a reserved word
            ExpressionAttributeValues={
                ":bucket": {"S": name},
                ":since": {"S": oldest.astimezone(UTC).isoformat(timespec="milliseconds")[:23]},
            },
        )
        return [item["pk"]["S"] for page in pages for item in page["Items"]]

    with ThreadPoolExecutor(schema.SHARDS) as pool:
        for back in range((now.date() - oldest.date()).days + 1):
            day = (now - timedelta(days=back)).date().isoformat()
            names = [schema.day_bucket(day, number) for number in range(schema.SHARDS)]
            keys = [key for found in pool.map(shard, names) for key in found]
            if keys:
                yield keys


def _fetch(stack: Stack, partitions: list[str]) -> Iterator[Document]:
    """Yield the ledger items of some events, without their bodies."""
    client = stack.client("dynamodb")
    names = ("pk", "type", "dialect", "status", "received_at", "event_time", "deliveries")
    wanted = {f"#{name}": name for name in (*names, "attempts", "error")}
    for start in range(0, len(partitions), _PAGE):
        keys = [
            {"pk": {"S": pk}, "sk": {"S": schema.LEDGER}}
            for pk in partitions[start : start + _PAGE]
        ]
        request: Any = {
            stack.events_table: {
                "Keys": keys,
                "ProjectionExpression": ", ".join(wanted),
                "ExpressionAttributeNames": wanted,
            }
        }
        while request:
            answer = client.batch_get_item(RequestItems=request)
            yield from map(_document, answer["Responses"].get(stack.events_table, []))
            request = answer.get("UnprocessedKeys")


def _query(
    stack: Stack, partition: str, *, newest_first: bool = False, limit: int | None = None
) -> list[Any]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.events_table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ScanIndexForward=not newest_first,
            PaginationConfig={"MaxItems": limit},
        )
    )
    return [item for page in pages for item in page["Items"]]


def _document(item: Any) -> Document:
    """Return an event with the keys that docs/cli.md promises."""
    return {
        "key": item["pk"]["S"].removeprefix(_EVENT_PREFIX),
        "type": item["type"]["S"],
        "dialect": item["dialect"]["S"],
        "status": item["status"]["S"],
        "received_at": item["received_at"]["S"],
        "event_time": item.get("event_time", {}).get("S"),
        "deliveries": int(item["deliveries"]["N"]),
        "attempts": int(item.get("attempts", {}).get("N", 0)),
        "error": item.get("error", {}).get("S"),
    }


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
