"""Deliveries that have not arrived: those that wait for their next attempt, and those given up."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES, error_code
from deliveries import places
from deliveries.message import Delivery
from errors import LedgerUnavailable
from justcall.moments import iso
from ledger import schema

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
        self._client = client
        self._table = table
        self._retention = retention_days * _DAY_SECONDS

    def keep(self, one: Delivery, due: float, reason: str, now: float) -> None:
        """Keep a delivery until it is due; an earlier item of it is replaced."""
        self._keep(one, places.waiting(one.to), due, reason, now)

    def give_up(self, one: Delivery, reason: str, now: float) -> None:
        """Keep a delivery for an operator."""
        self._keep(one, places.failed(one.to), now, reason, now)

    def find(self, to: str, one_id: str) -> Delivery | None:
        """Return a delivery that waits; None if it arrived, or was removed or given up."""
        with _failures():
            answer = self._client().get_item(
                TableName=self._table, Key=places.delivery(to, one_id), ConsistentRead=True
            )
        item: Mapping[str, Any] = answer.get("Item", {})
        if item.get("cell", {}).get("S") != places.waiting(to):
            return None
        return delivery_of(item)

    def remove(self, to: str, one_id: str) -> None:
        """Forget a delivery that arrived."""
        with _failures():
            self._client().delete_item(TableName=self._table, Key=places.delivery(to, one_id))

    def due(self, to: str, now: float, most: int) -> Iterator[tuple[str, str]]:
        """Yield the ids of deliveries that are due, longest waiting first, and when they were."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": schema.STATUS_INDEX,
            "KeyConditionExpression": "cell = :cell AND received_at <= :now",
            "ExpressionAttributeValues": {
                ":cell": {"S": places.waiting(to)},
                ":now": {"S": iso(now)},
            },
        }
        with _failures():
            pages = self._client().get_paginator("query").paginate(**query)
            for page in pages:
                for item in page["Items"]:
                    if most <= 0:
                        return
                    most -= 1
                    yield item["sk"]["S"], item["received_at"]["S"]

    def claim(self, to: str, one_id: str, seen: str, until: float) -> bool:
        """Postpone a delivery that is about to be sent; False if somebody else has done so."""
        try:
            with _failures():
                self._client().update_item(
                    TableName=self._table,
                    Key=places.delivery(to, one_id),
                    UpdateExpression="SET received_at = :until",
                    ConditionExpression="received_at = :seen AND cell = :cell",
                    ExpressionAttributeValues={
                        ":until": {"S": iso(until)},
                        ":seen": {"S": seen},
                        ":cell": {"S": places.waiting(to)},
                    },
                )
        except _Moved:
            return False
        return True

    def note_test(self, one: Delivery, result: Mapping[str, Any], now: float) -> None:
        """Keep the result of a test for the program that waits for it."""
        texts = {name: {"S": str(value)} for name, value in result.items()}
        key = places.delivery(one.to, places.TEST)
        expires = {"expires_at": {"N": str(int(now) + _DAY_SECONDS)}}
        with _failures():
            self._client().put_item(
                TableName=self._table, Item={**key, **texts, **expires, "id": {"S": one.id}}
            )

    def _keep(self, one: Delivery, cell: str, at: float, reason: str, now: float) -> None:
        with _failures():
            self._client().update_item(
                TableName=self._table,
                Key=places.delivery(one.to, one.id),
                UpdateExpression=_UPDATE,
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
                    ":expires": {"N": str(int(now) + self._retention)},
                },
            )


class _Moved(Exception):
    """The item is not as it was seen."""


class _failures:  # noqa: N801  (used like contextlib.suppress)
    """Turn AWS's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, AWS_FAILURES):
            return
        if error_code(error) == "ConditionalCheckFailedException":
            raise _Moved from error
        raise LedgerUnavailable from error


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
