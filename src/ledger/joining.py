"""Events that do not say whose call they tell of, and the event that does.

An event without a number looks on the ledger for one of the same call that has it. Is that one
processed, the event stands on the same timeline. If not, it waits on a timeline of the call's own
(a withheld number: for ever), and who has the number takes it along when it is processed. Neither
can miss the other:

  event without the number                 event with the number
  reads the ledger: no number yet
                                           commits, reads what waits: nothing
  commits, on condition that no number
  is known: refused, so it looks again

The one with the number commits before it looks, and the other's commit checks what it writes. One
that dies between the two is delivered again, and looks again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from aws.failures import AWS_FAILURES, conditions_failed
from errors import LedgerUnavailable
from justcall import subjects
from ledger import bodies, queries, schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY_BYTES = 120
# Closes the race with another who moves the entry, and with a forced replay, which takes it away.
_THERE = "attribute_exists(pk)"


class Joining:
    """Reads and moves timeline entries of calls. Every method raises LedgerUnavailable."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._client = client
        self._table = table

    def number_of(self, subject: str) -> str | None:
        """Return the number on whose timeline a call stands, None if nobody has said it yet."""
        keys: list[Any] = [_ledger_key(key) for key in subjects.keys_of(subject)]
        try:
            answer = self._client().batch_get_item(
                RequestItems={
                    self._table: {
                        "Keys": keys,
                        "ConsistentRead": True,
                        "ProjectionExpression": "contact",
                    }
                }
            )
        except AWS_FAILURES as error:
            raise LedgerUnavailable from error
        if answer.get("UnprocessedKeys"):
            raise LedgerUnavailable  # throttled: whose call it is can't be known now
        found = answer.get("Responses", {}).get(self._table, [])
        numbers = (item["contact"]["S"] for item in found if "contact" in item)
        return next((number for number in numbers if not subjects.is_pending(number)), None)

    def adopt(self, subject: str, number: str) -> int:
        """Move what waited for a call to its number's timeline; return how many entries."""
        waiting = self._waiting(subject)
        for item in waiting:
            self._move(item, number)
        return len(waiting)

    def _waiting(self, subject: str) -> Sequence[Mapping[str, Any]]:
        partition = schema.contact_partition(subjects.pending(subject))
        return queries.found(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )

    def _move(self, item: Mapping[str, Any], number: str) -> None:
        shown = json.loads(bodies.unpack([item]) or b"{}") | {"number": number}
        old: Any = {"pk": item["pk"], "sk": item["sk"]}
        new: Any = {"pk": {"S": schema.contact_partition(number)}, "sk": item["sk"]}
        new |= bodies.attribute(bodies.pack(to_json(shown), _KEY_BYTES))
        moving: list[Any] = [
            {"Delete": {"TableName": self._table, "Key": old, "ConditionExpression": _THERE}},
            {"Put": {"TableName": self._table, "Item": new}},
        ]
        noting: Any = {
            "TableName": self._table,
            "Key": _ledger_key(shown["key"]),
            "UpdateExpression": "SET contact = :number",
            "ConditionExpression": "contact = :pending",
            "ExpressionAttributeValues": {
                ":number": {"S": number},
                ":pending": {"S": schema.number_of(item["pk"]["S"])},
            },
        }
        # What waited may have outlived its ledger item.
        if not self._written([*moving, {"Update": noting}]):
            self._written(moving)

    def _written(self, items: list[Any]) -> bool:
        """Write a transaction; False if a condition failed."""
        try:
            self._client().transact_write_items(TransactItems=items)
        except AWS_FAILURES as error:
            if any(conditions_failed(error)):
                return False
            raise LedgerUnavailable from error
        return True


def _ledger_key(key: str) -> Any:
    return {"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}}
