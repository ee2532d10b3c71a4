"""Reading all that a query finds: a page of DynamoDB's ends at 1 MB, whatever was asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES
from errors import LedgerUnavailable
from ledger import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def found(client: Callable[[], "DynamoDBClient"], **query: Any) -> Sequence[Mapping[str, Any]]:
    """Return the items of every page of a query. Raises LedgerUnavailable."""
    try:
        pages = client().get_paginator("query").paginate(**query)
        return [item for page in pages for item in page["Items"]]
    except AWS_FAILURES as error:
        raise LedgerUnavailable from error


def ledger_items(
    client: Callable[[], "DynamoDBClient"], table: str, key: str
) -> Sequence[Mapping[str, Any]]:
    """Return an event's ledger item and its body's parts. Raises LedgerUnavailable.

    Evidence of conflicts, of which there may be any amount in the same partition, is not read.
    """
    return found(
        client,
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :ledger)",
        ExpressionAttributeValues={
            ":pk": {"S": schema.event_partition(key)},
            ":ledger": {"S": schema.LEDGER},
        },
        ConsistentRead=True,
    )
