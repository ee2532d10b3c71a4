"""Reading a contact's events from the index `timeline`."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ledger import bodies, queries, schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def entries(
    client: Callable[[], "DynamoDBClient"], table: str, contact: str, since: str
) -> list[dict[str, Any]]:
    """Return the entries of a contact since a moment of `iso`. Raises LedgerUnavailable.

    The index is eventually consistent: an event may be missing for some milliseconds.
    """
    rows = queries.rows(
        client,
        TableName=table,
        IndexName=schema.TIMELINE_INDEX,
        KeyConditionExpression="contact = :contact AND #at >= :since",
        ExpressionAttributeNames={"#at": "at"},  # a reserved word
        ExpressionAttributeValues={":contact": {"S": contact}, ":since": {"S": since}},
    )
    return [entry for row in rows for entry in readable(row)]


def readable(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entry of a row or a ledger item; a damaged entry hides no other."""
    try:
        yield bodies.unpack_entry(row)
    except (zlib.error, ValueError, KeyError):
        return
