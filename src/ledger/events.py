"""The ledger: one item for each event, written before the sender gets its 200.

put if absent ──▶ received ──▶ processed          (ledger.processing takes the second step)
              │         ├────▶ failed             (the last receive failed, or died)
              │         └────▶ stuck              (ledger.sweeping: sent again in vain)
              └─▶ unhandled, quarantined          (kept; nobody acts on them yet)

Whatever leaves *received* leaves the index `open` in the same write.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aws.failures import AWS_FAILURES, detail_of, error_code
from errors import LedgerUnavailable
from justcall.event import RECEIVED, Event
from justcall.moments import iso
from ledger import bodies
from ledger import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Closes the race of two deliveries of one event: exactly one of them finds the place empty.
_ABSENT = "attribute_not_exists(pk)"
_DAY_SECONDS = 86_400
_REOPEN = (
    "SET #status = :received, cell = :cell, sent_at = :now REMOVE contact, #at, entry,"
    " processed_at, #error, attempts, sweeps, failed_at, first_failed_at, stuck_at"
)
_REOPEN_NAMES = {"#status": "status", "#at": "at", "#error": "error"}
# What the step to processed will add to the item: its write is billed by the larger size.
_STEP_BYTES = 112


class Kept(NamedTuple):
    """What the ledger holds of an event that was delivered before."""

    delivery_id: str
    status: str
    body_hash: str
    sent_at: str


class Ledger:
    """Writes to the events table. Every method raises LedgerUnavailable when DynamoDB refuses."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, retention_days: int
    ) -> None:
        self._client = client
        self._table = table
        self._retention = retention_days * _DAY_SECONDS

    def keep(self, event: Event) -> Kept | None:
        """Write the event unless its key is taken: None if it is new, else what is there."""
        shard = schema.shard(event.key)
        item = self._item(event)
        item["bucket"] = {"S": schema.day_bucket(item["received_at"]["S"][:10], shard)}
        if event.status == RECEIVED:
            item["open"] = {"S": schema.open_shard(shard)}
        kept = self._write(item, event.body)
        return None if kept and kept.delivery_id == event.delivery_id else kept

    def keep_evidence(self, event: Event) -> None:
        """Write a delivery whose key is taken by other content beside the event that has it."""
        self._write(self._item(event) | {"sk": {"S": schema.evidence(event.body_hash)}}, event.body)

    def count_delivery(self, event: Event, *, sent: bool) -> None:
        """Count one more delivery of a kept event and, if it was sent again, note when."""
        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.event_partition(event.key)}, "sk": {"S": schema.LEDGER}},
                UpdateExpression="SET #at = :now ADD deliveries :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#at": "sent_at" if sent else "last_delivery_at"},
                ExpressionAttributeValues={
                    ":now": {"S": iso(event.received_at)},
                    ":one": {"N": "1"},
                },
            )
        except AWS_FAILURES as error:
            raise LedgerUnavailable from error

    def reopen(self, key: str, was: str, received_at: str, now: float) -> bool:
        """Make an event *received* again; False, and nothing is written, if it is not `was` now."""
        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}},
                UpdateExpression=_REOPEN,
                ConditionExpression="#status = :was",
                ExpressionAttributeNames=_REOPEN_NAMES,
                ExpressionAttributeValues={
                    ":was": {"S": was},
                    ":received": {"S": RECEIVED},
                    ":cell": {"S": schema.cell(RECEIVED, key, received_at)},
                    ":now": {"S": iso(now)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise LedgerUnavailable from error
            # A retry whose first try took effect finds its own write.
            existing = detail_of(error, "Item") or {}
            ours = {"status": {"S": RECEIVED}, "sent_at": {"S": iso(now)}}
            return {name: existing.get(name) for name in ours} == ours
        return True

    def _item(self, event: Event) -> dict[str, Any]:
        item: dict[str, Any] = {
            "pk": {"S": schema.event_partition(event.key)},
            "sk": {"S": schema.LEDGER},
            "type": {"S": event.type},
            "dialect": {"S": event.dialect},
            "delivery_id": {"S": event.delivery_id},
            "status": {"S": event.status},
            "received_at": {"S": iso(event.received_at)},
            "deliveries": {"N": "1"},
            "body_hash": {"S": event.body_hash},
            "expires_at": {"N": str(int(event.received_at) + self._retention)},
        }
        if event.event_time:
            item["event_time"] = {"S": event.event_time}
        return item

    def _write(self, item: dict[str, Any], body: bytes) -> Kept | None:
        packed = bodies.pack(body, _size(item) + _STEP_BYTES)
        if isinstance(packed, bytes) and len(packed) > bodies.PART_BYTES:
            return self._put_in_parts(item, bodies.cut(packed))
        return self._put(item | bodies.attribute(packed))

    def _put(self, item: dict[str, Any]) -> Kept | None:
        try:
            self._client().put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=_ABSENT,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return _kept(detail_of(error, "Item"))
            raise LedgerUnavailable from error
        return None

    def _put_in_parts(self, item: dict[str, Any], pieces: list[bytes]) -> Kept | None:
        """Write an item and its body's parts in one transaction, which is one call."""
        shared = {name: item[name] for name in ("pk", "expires_at")}
        sort_key = item["sk"]["S"]
        parts = [
            shared | {"sk": {"S": schema.part(sort_key, number)}, "packed": {"B": piece}}
            for number, piece in enumerate(pieces, start=1)
        ]
        head = item | {"parts": {"N": str(len(parts))}}
        puts: list[Any] = [{"Put": {"TableName": self._table, "Item": part}} for part in parts]
        puts.insert(
            0,
            {
                "Put": {
                    "TableName": self._table,
                    "Item": head,
                    "ConditionExpression": _ABSENT,
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            },
        )
        try:
            self._client().transact_write_items(TransactItems=puts)
        except AWS_FAILURES as error:
            if old := taken(error):
                return _kept(old)
            raise LedgerUnavailable from error
        return None


def taken(error: Exception) -> Mapping[str, Any] | None:
    """Return the item that failed the condition of a cancelled transaction's first write."""
    reasons: Sequence[Mapping[str, Any]] = detail_of(error, "CancellationReasons") or [{}]
    failed = reasons[0].get("Code") == "ConditionalCheckFailed"
    return reasons[0].get("Item") if failed else None


def _kept(item: Mapping[str, Any]) -> Kept:
    sent_at = item.get("sent_at", item["received_at"])
    return Kept(item["delivery_id"]["S"], item["status"]["S"], item["body_hash"]["S"], sent_at["S"])


def _size(item: Mapping[str, Any]) -> int:
    """Return about what DynamoDB will count for an item: names and values."""
    return sum(len(name) + len(*value.values()) for name, value in item.items())
