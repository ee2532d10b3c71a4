"""Deliveries that have not arrived: those that wait for their next attempt, and those given up."""

import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from deliveries import places
from deliveries.message import Delivery
from justcall.moments import iso
from ledger import schema
from ledger.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WAITING = "waiting"
FAILED = "failed"
_DAY_SECONDS = 86_400
# The body is compressed at once: DynamoDB's limit is 400 KB, and a body has at most 240.
_UPDATE = (
    "SET cell = :cell, received_at = :at, packed = :packed, kind = :kind, #key = :key,"
    " first_at = if_not_exists(first_at, :first), attempts = :attempts, #error = :error,"
    " expires_at = :expires"
)
_NAMES = {"#key": "key", "#error": "error"}


class Backlog:
    """The items of deliveries that have not arrived. Every method raises LedgerUnavailable."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, retention_days: int
    ) -> None:
        self._table = Table(client, table, retention_days)

    def keep(self, one: Delivery, due: float, reason: str, now: float) -> None:
        """Keep a delivery until it is due; an earlier item of it is replaced."""
        self._keep(one, places.waiting(one.to), due, reason, now)

    def give_up(self, one: Delivery, reason: str, now: float) -> None:
        """Keep a delivery for an operator."""
        self._keep(one, places.failed(one.to), now, reason, now)

    def find(self, to: str, one_id: str) -> Delivery | None:
        """Return a delivery that waits; None if it arrived, or was removed or given up."""
        item = self._table.find(places.delivery(to, one_id)) or {}
        is_waiting = item.get("cell", {}).get("S") == places.waiting(to)
        return delivery_of(item) if is_waiting else None

    def remove(self, to: str, one_id: str) -> None:
        """Forget a delivery that arrived."""
        self._table.remove(places.delivery(to, one_id))

    def due(self, to: str, now: float, most: int) -> list[tuple[str, str]]:
        """Return the ids of deliveries that are due, longest waiting first, and when they were."""
        rows = self._table.rows(
            IndexName=schema.STATUS_INDEX,
            KeyConditionExpression="cell = :cell AND received_at <= :now",
            ExpressionAttributeValues={
                ":cell": {"S": places.waiting(to)},
                ":now": {"S": iso(now)},
            },
            PaginationConfig={"MaxItems": most},
        )
        return [(row["sk"]["S"], row["received_at"]["S"]) for row in rows]

    def claim(self, to: str, one_id: str, seen: str, until: float) -> bool:
        """Postpone a delivery that is about to be sent; False if somebody else has done so."""
        claimed = self._table.update(
            places.delivery(to, one_id),
            "SET received_at = :until",
            ConditionExpression="received_at = :seen AND cell = :cell",
            ExpressionAttributeValues={
                ":until": {"S": iso(until)},
                ":seen": {"S": seen},
                ":cell": {"S": places.waiting(to)},
            },
        )
        return claimed is not None

    def note_test(self, one: Delivery, result: Mapping[str, Any], now: float) -> None:
        """Keep the result of a test for the program that waits for it."""
        texts = {name: {"S": str(value)} for name, value in result.items()}
        key = places.delivery(one.to, places.TEST)
        expires = {"expires_at": {"N": str(int(now) + _DAY_SECONDS)}}
        self._table.put({**key, **texts, **expires, "id": {"S": one.id}})

    def _keep(self, one: Delivery, cell: str, at: float, reason: str, now: float) -> None:
        self._table.update(
            places.delivery(one.to, one.id),
            _UPDATE,
            ExpressionAttributeNames=_NAMES,
            ExpressionAttributeValues={
                ":cell": {"S": cell},
                ":at": {"S": iso(at)},
                ":packed": {"B": zlib.compress(one.body.encode())},
                ":kind": {"S": one.kind},
                ":key": {"S": one.key},
                ":first": {"N": f"{one.first_at:.3f}"},
                ":attempts": {"N": str(one.attempts)},
                ":error": {"S": reason},
                ":expires": self._table.expiry(now),
            },
        )


def delivery_of(item: Mapping[str, Any]) -> Delivery:
    """Return the delivery of an item."""
    return Delivery(
        to=item["pk"]["S"].removeprefix(places.partition("")),
        id=item["sk"]["S"],
        kind=item["kind"]["S"],
        key=item["key"]["S"],
        body=zlib.decompress(item["packed"]["B"]).decode(),
        first_at=float(item["first_at"]["N"]),
        attempts=int(item["attempts"]["N"]),
    )
