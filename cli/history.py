"""The history of an event's replays: when, why, and from which status. No status changes here."""

from typing import Any

from aws.failures import AWS_FAILURES, detail_of, error_code
from justcall.moments import iso
from ledger import schema

_APPEND = "SET replays = list_append(if_not_exists(replays, :none), :replay)"
_NOT_MARKED = "#status = :was AND attribute_not_exists(replayed_as)"


class History:
    """Appends to the replays of ledger items; AWS's failures are passed on."""

    def __init__(self, client: Any, table: str, reason: str) -> None:
        self._client = client
        self._table = table
        self._reason = reason

    def add(self, key: str, was: str, now: float) -> None:
        """Note that an event was replayed.

        A write of its own, after the replay: a crash in between loses the reason, not the replay.
        """
        self._client.update_item(
            **self._where(key),
            UpdateExpression=_APPEND,
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=self._values(was, now),
        )

    def mark(self, key: str, replayed_as: str, was: str, now: float) -> bool:
        """Record on a quarantined event the key under which it was stored; its status stays.

        False, and nothing is written, if that was noted before.
        """
        values = self._values(was, now)
        try:
            self._client.update_item(
                **self._where(key),
                UpdateExpression=f"{_APPEND}, replayed_as = :key",
                ConditionExpression=_NOT_MARKED,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    **values,
                    ":was": {"S": was},
                    ":key": {"S": replayed_as},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            # A retry whose first try took effect finds its own write.
            replays = (detail_of(error, "Item") or {}).get("replays", {}).get("L", [])
            return bool(replays[-1:] == values[":replay"]["L"])
        return True

    def _where(self, key: str) -> dict[str, Any]:
        event = {"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}}
        return {"TableName": self._table, "Key": event}

    def _values(self, was: str, now: float) -> dict[str, Any]:
        replay = {"at": {"S": iso(now)}, "reason": {"S": self._reason}, "was": {"S": was}}
        return {":none": {"L": []}, ":replay": {"L": [{"M": replay}]}}
