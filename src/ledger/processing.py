"""The ledger's second half: a processor's effects and the step to *processed*, in one transaction.

  handler            processor A                    processor B (the same message again)
put: received ──▶ transaction: entry + processed
                                                 ──▶ condition fails: already processed
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from aws.failures import AWS_FAILURES, conditions_failed, error_code
from errors import BodyMissing, CallAppeared, LedgerItemMissing, LedgerUnavailable
from justcall.event import FAILED, PROCESSED
from justcall.moments import iso
from ledger import bodies, queries, schema
from ledger.events import taken
from messaging.message import Marker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Closes the race of two copies of one message: the effects of the second are not written.
_NOT_PROCESSED = "#status <> :processed"
# An event whose ledger item is gone (a table restored to an earlier time) is put back first.
_KNOWN = "attribute_exists(pk)"

# Closes the race of an event that waits for its call's number with the one that has it.
_NO_NUMBER = "(attribute_not_exists(contact) OR begins_with(contact, :pending))"
# Closes the race of two events that set one flag: the later by its own time stays, whichever came
# last. At one time the greater key wins, so that every order of arrival ends alike.
_NEWEST = "attribute_not_exists(#at) OR #at < :at OR (#at = :at AND #key < :key)"
# Closes the race of two markers that come out in another order.
_NEWER = "attribute_not_exists(marker_passed_at) OR marker_passed_at < :sent"

# Reserved words of DynamoDB's. It refuses a name that an expression does not use.
_NAMES_OF_A_TRY = {"#error": "error", "#status": "status"}
_NAMES = {**_NAMES_OF_A_TRY, "#open": "open"}

# About what a timeline entry's keys add to its item.
_KEY_BYTES = 120
# Twelve or so fields of at most this size always fit one item.
_LONG_FIELD_BYTES = 16 * 1024


class ProcessingLedger:
    """What processors read from and write to the events table."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._client = client
        self._table = table

    def body(self, key: str) -> bytes:
        """Return the body that was too large for its message.

        Raises BodyMissing when the ledger does not hold it, LedgerUnavailable.
        """
        content = bodies.unpack(queries.ledger_items(self._client, self._table, key))
        if content is None:
            raise BodyMissing
        return content

    def commit(
        self,
        key: str,
        shown: Mapping[str, Any],
        attempts: int,
        now: float,
        unless: Sequence[str] = (),
        consent: Mapping[str, bool] | None = None,
    ) -> bool:
        """Write the timeline entry and the step to *processed*; False if it was taken before.

        `shown` is the entry as it will be read, with its event time under `at` and its timeline
        under `number`. A flag of `consent` is left alone where a newer event has set it. Raises
        LedgerItemMissing when there is no such event, CallAppeared when one of the events with the
        keys `unless` stands on a number's timeline, LedgerUnavailable.
        """
        flags = dict(consent or {})
        items: list[Any] = [
            {"Update": self._step(key, shown, attempts, now)},
            {"Put": {"TableName": self._table, "Item": _timeline_item(key, shown)}},
            *self._not_placed(unless),
        ]
        try:
            self._client().transact_write_items(
                TransactItems=[*items, *self._consents(flags, key, shown)]
            )
        except AWS_FAILURES as error:
            failed = conditions_failed(error)
            if failed[:1] == [True]:
                if taken(error):
                    return False
                raise LedgerItemMissing from error
            if any(failed[: len(items)]):
                raise CallAppeared from error
            newer = [name for name, old in zip(flags, failed[len(items) :], strict=False) if old]
            if not newer:
                raise LedgerUnavailable from error
            kept = {name: flags[name] for name in flags if name not in newer}
            return self.commit(key, shown, attempts, now, unless, kept)
        return True

    def note_failure(self, key: str, reason: str, attempts: int, now: float, *, last: bool) -> None:
        """Write why an attempt failed, and when first and last; the last makes it *failed*.

        Never undoes *processed*. Raises LedgerUnavailable.
        """
        sets = (
            "SET #error = :error, attempts = :attempts, failed_at = :now,"
            " first_failed_at = if_not_exists(first_failed_at, :now)"
        )
        values: dict[str, Any] = {
            ":error": {"S": reason},
            ":attempts": {"N": str(attempts)},
            ":now": {"S": iso(now)},
            ":processed": {"S": PROCESSED},
        }
        if last:
            sets += ", #status = :failed REMOVE #open"
            values[":failed"] = {"S": FAILED}
        try:
            self._client().update_item(
                **self._ledger_item(key),
                UpdateExpression=sets,
                ConditionExpression=f"{_KNOWN} AND {_NOT_PROCESSED}",
                ExpressionAttributeNames=_NAMES if last else _NAMES_OF_A_TRY,
                ExpressionAttributeValues=values,
            )
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise LedgerUnavailable from error

    def note_marker(self, marker: Marker) -> None:
        """Write that a marker came out of its queue; an older one never undoes a newer.

        Raises LedgerUnavailable.
        """
        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.SWEEP_PARTITION}, "sk": {"S": marker.kind}},
                UpdateExpression="SET marker_passed_at = :sent",
                ConditionExpression=_NEWER,
                ExpressionAttributeValues={":sent": {"S": marker.sent_at}},
            )
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise LedgerUnavailable from error

    def _consents(self, flags: Mapping[str, bool], key: str, shown: Mapping[str, Any]) -> Any:
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": {
                        "pk": {"S": schema.consent_partition(shown["number"])},
                        "sk": {"S": name},
                        "value": {"BOOL": value},
                        "at": {"S": shown["at"]},
                        "key": {"S": key},
                    },
                    "ConditionExpression": _NEWEST,
                    "ExpressionAttributeNames": {"#at": "at", "#key": "key"},
                    "ExpressionAttributeValues": {":at": {"S": shown["at"]}, ":key": {"S": key}},
                }
            }
            for name, value in flags.items()
        ]

    def _not_placed(self, keys: Sequence[str]) -> Any:
        condition = {
            "ConditionExpression": _NO_NUMBER,
            "ExpressionAttributeValues": {":pending": {"S": "pending:"}},
        }
        return [{"ConditionCheck": self._ledger_item(key) | condition} for key in keys]

    def _step(self, key: str, shown: Mapping[str, Any], attempts: int, now: float) -> Any:
        # `contact` and `at`: where the timeline entry stands. A forced replay takes it away first.
        return {
            **self._ledger_item(key),
            "UpdateExpression": "SET #status = :processed, attempts = :attempts,"
            " processed_at = :now, contact = :contact, #at = :at REMOVE #error, #open",
            "ConditionExpression": f"{_KNOWN} AND {_NOT_PROCESSED}",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeNames": {**_NAMES, "#at": "at"},
            "ExpressionAttributeValues": {
                ":contact": {"S": shown["number"]},
                ":at": {"S": shown["at"]},
                ":processed": {"S": PROCESSED},
                ":attempts": {"N": str(attempts)},
                ":now": {"S": iso(now)},
            },
        }

    def _ledger_item(self, key: str) -> Any:
        return {
            "TableName": self._table,
            "Key": {"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}},
        }


def _timeline_item(key: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    item = {
        "pk": {"S": schema.contact_partition(shown["number"])},
        "sk": {"S": schema.timeline_position(shown["at"], key)},
    }
    packed = bodies.pack(to_json(shown), _KEY_BYTES)
    if len(packed) > bodies.PART_BYTES:
        packed = bodies.pack(to_json(_shortened(shown)), _KEY_BYTES)
    return item | bodies.attribute(packed)


def _shortened(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is too long for one item, and name it; the ledger holds the whole body."""
    long = [name for name, value in shown.items() if len(to_json(value)) > _LONG_FIELD_BYTES]
    return {name: shown[name] for name in shown if name not in long} | {"left_out": long}
