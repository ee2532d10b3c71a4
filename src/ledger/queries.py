"""Reading every page of a query, which DynamoDB ends at 1 MB, and many items at once."""

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES
from errors import BodyMissing, LedgerUnavailable
from justcall.event import Event
from ledger import bodies, schema
from ledger.items import event_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The most that one BatchGetItem reads.
_BATCH = 100
# Calls of BatchGetItem for one batch. DynamoDB leaves items out when it is throttled.
_MAX_READS = 5


def rows(client: Callable[[], "DynamoDBClient"], **query: Any) -> Sequence[Mapping[str, Any]]:
    """Return the items of every page of a query. Raises LedgerUnavailable."""
    try:
        pages = client().get_paginator("query").paginate(**query)
        return [item for page in pages for item in page["Items"]]
    except AWS_FAILURES as error:
        raise LedgerUnavailable from error


def items(
    client: Callable[[], "DynamoDBClient"], table: str, places: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the items at these places as they are now, in any order. Raises LedgerUnavailable."""
    return [
        item
        for some in batched(places, _BATCH, strict=False)
        for item in _batch(client, table, list(some))
    ]


def _batch(
    client: Callable[[], "DynamoDBClient"], table: str, wanted: list[Any]
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for _ in range(_MAX_READS):
        if not wanted:
            return found
        try:
            answer = client().batch_get_item(
                RequestItems={table: {"Keys": wanted, "ConsistentRead": True}}
            )
        except AWS_FAILURES as error:
            raise LedgerUnavailable from error
        found += answer["Responses"].get(table, [])
        left: Any = answer.get("UnprocessedKeys", {})
        wanted = left.get(table, {}).get("Keys", [])
    if wanted:
        raise LedgerUnavailable
    return found


def ledger_items(
    client: Callable[[], "DynamoDBClient"], table: str, key: str
) -> Sequence[Mapping[str, Any]]:
    """Return an event's ledger item and its body's parts. Raises LedgerUnavailable.

    Evidence of conflicts is in the same partition, without a limit, and is not read.
    """

    def beginning(sort_key: str) -> Sequence[Mapping[str, Any]]:
        values = {":pk": {"S": schema.event_partition(key)}, ":sk": {"S": sort_key}}
        return rows(
            client,
            TableName=table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )

    return with_parts(beginning(schema.LEDGER), beginning)


def with_parts(
    head: Sequence[Mapping[str, Any]], beginning: Callable[[str], Sequence[Mapping[str, Any]]]
) -> Sequence[Mapping[str, Any]]:
    """Return an item, if there is one, and the parts of its body.

    `beginning` returns the items of its partition whose sort key begins so, in their order.
    """
    if not head or "parts" not in head[0]:
        return head
    return [*head, *beginning(schema.parts_prefix(head[0]["body_hash"]["B"].hex()))]


def event(client: Callable[[], "DynamoDBClient"], table: str, key: str) -> Event:
    """Return an event from the ledger. Raises BodyMissing, LedgerUnavailable."""
    items = ledger_items(client, table, key)
    body = bodies.unpack(items)
    if body is None:
        raise BodyMissing
    return event_of(items[0], body)
