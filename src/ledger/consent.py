"""Consent state: the newest value of each flag of a number, by the event's own time.

It is written before its event becomes *processed*. A processor that dies in between runs again and
writes the same (docs/decisions/0013-consent-before-the-step.md). The state never expires.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES, error_code
from errors import LedgerUnavailable
from ledger import schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Fails if a newer event has already set the flag, so the order of arrival does not matter. At the
# same time the restrictive value (true) wins.
_NEWER = "attribute_not_exists(#at) OR #at < :at OR (#at = :at AND #value = :false)"


class Consent:
    """Writes of consent state."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._client = client
        self._table = table

    def set(self, number: str, flags: Mapping[str, bool], at: str, key: str) -> None:
        """Set flags of a number as of `at`, unless a newer event has set them.

        `at` is `YYYY-MM-DDTHH:MM:SS.mmmZ`, `key` the event's. Raises LedgerUnavailable.
        """
        for flag, value in flags.items():
            self._set(number, flag, value, at, key)

    def _set(self, number: str, flag: str, value: bool, at: str, key: str) -> None:
        item: dict[str, Any] = {
            "pk": {"S": schema.consent_partition(number)},
            "sk": {"S": flag},
            "value": {"BOOL": value},
            "at": {"S": at},
            "key": {"S": key},
        }
        try:
            self._client().put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=_NEWER,
                ExpressionAttributeNames={"#at": "at", "#value": "value"},
                ExpressionAttributeValues={":at": {"S": at}, ":false": {"BOOL": False}},
            )
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise LedgerUnavailable from error
