"""Reads of open events (status *received*), for the sweeper."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from justcall.event import RECEIVED, Event
from justcall.moments import epoch
from ledger import bodies, queries, schema
from ledger.items import event_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class OpenEvent(NamedTuple):
    """An event with the status *received*; times are in epoch seconds.

    `sweeps` is how often the sweeper has sent it again.
    """

    key: str
    type: str
    received_at: float
    sent_at: float
    sweeps: int


class OpenEvents:
    """Reads of open events. Every method raises LedgerUnavailable."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._client = client
        self._table = table

    def all(self, limit: int) -> Iterator[OpenEvent]:
        """Yield the open events of each shard, oldest first, at most `limit` of a shard."""
        for cell in schema.cells(RECEIVED):
            rows = queries.rows(
                self._client,
                TableName=self._table,
                IndexName=schema.STATUS_INDEX,
                KeyConditionExpression="cell = :cell",
                ExpressionAttributeValues={":cell": {"S": cell}},
                PaginationConfig={"MaxItems": limit},
            )
            yield from map(_open_event, rows)

    def load(self, key: str) -> Event | None:
        """Return an open event with its body; None if it is no longer open."""
        items = queries.ledger_items(self._client, self._table, key)
        body = bodies.unpack(items)
        if body is None or items[0]["status"]["S"] != RECEIVED:
            return None
        return event_of(items[0], body)


def _open_event(row: Mapping[str, Any]) -> OpenEvent:
    key = schema.key_of(row["pk"]["S"])
    received_at = row["received_at"]["S"]
    return OpenEvent(
        key=key,
        type=key.partition(":")[0],
        received_at=epoch(received_at),
        sent_at=epoch(row.get("sent_at", {}).get("S", received_at)),
        sweeps=int(row.get("sweeps", {}).get("N", 0)),
    )
