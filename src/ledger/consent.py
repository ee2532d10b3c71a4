"""Consent state: the newest value of each flag of a number, by the event's own time.

It is written before its event becomes *processed*. A processor that dies in between runs again and
writes the same (docs/decisions/0013-consent-before-the-step.md). The state never expires.

A text that says YES clears an older opt-out, and has no effect without one. It may be processed
before that opt-out, so its time is stored beside the value (`yes_at`), and the reader compares the
two.
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
_NEWER_YES = "attribute_not_exists(yes_at) OR yes_at < :at"


class Consent:
    """Writes of consent state. Every method raises LedgerUnavailable."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._client = client
        self._table = table

    def set(self, number: str, flags: Mapping[str, bool], at: str, key: str) -> None:
        """Set flags of a number as of `at`, unless a newer event has set them.

        `at` is `YYYY-MM-DDTHH:MM:SS.mmmZ`, `key` the event's.
        """
        for flag, value in flags.items():
            self._update(
                number,
                flag,
                {
                    "UpdateExpression": "SET #value = :value, #at = :at, #key = :key",
                    "ConditionExpression": _NEWER,
                    "ExpressionAttributeNames": {"#value": "value", "#at": "at", "#key": "key"},
                    "ExpressionAttributeValues": {
                        ":value": {"BOOL": value},
                        ":at": {"S": at},
                        ":key": {"S": key},
                        ":false": {"BOOL": False},
                    },
                },
            )

    def note_yes(self, number: str, flag: str, at: str) -> None:
        """Clear a flag of a number if it was set before `at`."""
        self._update(
            number,
            flag,
            {
                "UpdateExpression": "SET yes_at = :at",
                "ConditionExpression": _NEWER_YES,
                "ExpressionAttributeValues": {":at": {"S": at}},
            },
        )

    def _update(self, number: str, flag: str, change: Mapping[str, Any]) -> None:
        key: Any = {"pk": {"S": schema.consent_partition(number)}, "sk": {"S": flag}}
        try:
            self._client().update_item(TableName=self._table, Key=key, **change)
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise LedgerUnavailable from error


def value_of(item: Mapping[str, Any]) -> bool | None:
    """Return the value of a consent item as boto3's client returns it.

    None if only a YES is known, which means nothing alone.
    """
    if "value" not in item:
        return None
    yes_at = item.get("yes_at", {}).get("S", "")
    return bool(item["value"]["BOOL"]) and not yes_at > item["at"]["S"]
