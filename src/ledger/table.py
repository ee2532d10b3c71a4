"""Single items of the events table, for code that keeps a state of its own beside the events."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES, error_code
from errors import LedgerUnavailable
from ledger import queries, schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = Mapping[str, Any]

_DAY_SECONDS = 86_400


class Table:
    """Reads and writes of single items. Every method raises LedgerUnavailable.

    Items that have an `expiry` live for `expiry_days`.
    """

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], name: str, expiry_days: int = 0
    ) -> None:
        self._client = client
        self._name = name
        self._expiry_seconds = expiry_days * _DAY_SECONDS

    def expiry(self, now: float) -> dict[str, str]:
        """Return the value of `expires_at` of an item that is written now."""
        return {"N": str(int(now) + self._expiry_seconds)}

    def find(self, key: Item) -> Item | None:
        """Return an item as it is now, None if there is none."""
        answer = self._call("get_item", Key=key, ConsistentRead=True) or {}
        item: Item | None = answer.get("Item")
        return item

    def put(self, item: Item, **arguments: Any) -> bool:
        """Write an item; return whether the condition, if there is one, holds."""
        return self._call("put_item", Item=item, **arguments) is not None

    def update(self, key: Item, change: str, **arguments: Any) -> Item | None:
        """Update an item; None if the condition, if there is one, does not hold.

        The answer has the attributes that `ReturnValues` asks for.
        """
        answer = self._call("update_item", Key=key, UpdateExpression=change, **arguments)
        return None if answer is None else answer.get("Attributes", {})

    def remove(self, key: Item) -> None:
        """Delete an item, if it exists."""
        self._call("delete_item", Key=key)

    def rows(self, **query: Any) -> Sequence[Item]:
        """Return the items of every page of a query."""
        return queries.rows(self._client, TableName=self._name, **query)

    def items(self, places: Sequence[Item]) -> list[Item]:
        """Return the items at these places as they are now, in any order."""
        return queries.items(self._client, self._name, places)

    def ledger_items(self, keys: Sequence[str]) -> list[Item]:
        """Return the ledger items of these events as they are now, without missing ones."""
        return self.items(list(map(schema.ledger_place, keys)))

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """Return an answer, None if a condition does not hold."""
        try:
            answer: dict[str, Any] = getattr(self._client(), operation)(
                TableName=self._name, **arguments
            )
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return None
            raise LedgerUnavailable from error
        return answer
