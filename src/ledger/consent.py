"""Consent: the history of a number's flags. A flag's state is derived from it at each read.

Each change of a flag is one item with all of its information in its key:

    consent#NUMBER / FLAG#AT#CHANGE#HASH#KEY
                     opted_out#2026-03-12T14:42:00.000Z#set#5d1c0e7a92b4f316#sms.optout:m1

So a write is idempotent, needs no condition, and may come in any order. Nothing updates, deletes or
expires an item. A processor writes it before its event becomes *processed*
(docs/decisions/0019-consent-history.md).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from justcall.consent import Change, FlagChange, steps_of
from justcall.event import Event
from ledger import schema
from ledger.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Consent:
    """Writes the history of consent flags."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._table = Table(client, table)

    def record(self, number: str, change: Change, at: str, event: Event) -> None:
        """Write what an event changes for a number. Raises LedgerUnavailable.

        `at` is `YYYY-MM-DDTHH:MM:SS.mmmZ`.
        """
        for flag, step in steps_of(change).items():
            item = {
                "pk": {"S": schema.consent_partition(number)},
                "sk": {"S": schema.consent_change(flag, at, step, event.body_hash, event.key)},
            }
            self._table.put(item)


def history(items: Iterable[Mapping[str, Any]]) -> list[FlagChange]:
    """Return the changes in a consent partition; `items` are in the form of boto3's client."""
    return [FlagChange(*item["sk"]["S"].split("#", 4)) for item in items]
