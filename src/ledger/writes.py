"""Conditional writes to ledger items: whether the condition held, and if not, what is there."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES, detail_of, error_code
from errors import LedgerUnavailable
from ledger import schema
from ledger.items import Existing, existing_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = Mapping[str, Any]

# Fails if another delivery has already stored the event.
IF_ABSENT: Mapping[str, Any] = {
    "ConditionExpression": "attribute_not_exists(pk)",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


class Writes:
    """Writes to one table. Every method raises LedgerUnavailable."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self.client = client
        self._table = table

    def put_if_absent(self, item: dict[str, Any], parts: Sequence[Item]) -> Existing | None:
        """Put an item and the parts of its body in one AWS call; return the item that is there."""
        if parts:
            return self.transact([put(item, IF_ABSENT), *map(put, parts)])
        try:
            self.client().put_item(TableName=self._table, Item=item, **IF_ABSENT)
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return existing_of(detail_of(error, "Item"))
            raise LedgerUnavailable from error
        return None

    def transact(self, puts: list[dict[str, Any]]) -> Existing | None:
        """Put items in one transaction, which is one AWS call; the first has a condition.

        Returns the item that fails the condition; then nothing is written.
        """
        writes: Any = [{"Put": {"TableName": self._table, **one}} for one in puts]
        try:
            self.client().transact_write_items(TransactItems=writes)
        except AWS_FAILURES as error:
            if existing := _failed_first(error):
                return existing_of(existing)
            raise LedgerUnavailable from error
        return None

    def update(
        self,
        key: str,
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> tuple[bool, Item | None]:
        """Update a ledger item; return whether the condition held and, if not, the item."""
        try:
            self.client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False, detail_of(error, "Item")
            raise LedgerUnavailable from error
        return True, None


def put(item: Item, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return one put of a transaction."""
    return {"Item": item, **(condition or {})}


def _failed_first(error: Exception) -> Item | None:
    """Return the item that failed the condition of a cancelled transaction's first write."""
    reasons: Sequence[Item] = detail_of(error, "CancellationReasons") or [{}]
    failed = reasons[0].get("Code") == "ConditionalCheckFailed"
    return reasons[0].get("Item") if failed else None
