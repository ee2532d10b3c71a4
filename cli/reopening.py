"""The writes of a replay: an event is open again, and its own history says why.

failed, stuck, received, unhandled ──reopen──▶ received
processed ──reopen_processed──▶ received, and its timeline entry is gone, in one transaction
quarantined ──mark──▶ quarantined, with the key under which it was kept anew
"""

from collections.abc import Mapping
from typing import Any

from aws.failures import AWS_FAILURES, detail_of, error_code
from justcall.event import PROCESSED, QUARANTINED, RECEIVED
from justcall.moments import iso
from ledger import schema
from ledger.events import taken

# Closes the race with processors, the sweeper and other replays.
_AS_SEEN = "#status = :was"
# The entry that is deleted is the one that stands there: no processor put it elsewhere meanwhile.
_ENTRY_AS_SEEN = "contact = :contact AND #at = :at"
_NOT_MARKED = "attribute_not_exists(replayed_as)"

_REOPENED = (
    "SET #status = :received, #open = :open, sent_at = :now,"
    " replays = list_append(if_not_exists(replays, :none), :replay)"
    " REMOVE sweeps, attempts, #error, stuck_at"
)
# Reserved words of DynamoDB's.
_NAMES = {"#status": "status", "#open": "open", "#error": "error"}

type Item = Mapping[str, Any]


class Reopening:
    """Writes to ledger items as they were read; AWS's failures are passed on.

    Every method returns False if the item is not as it was read any more, and writes nothing then.
    """

    def __init__(self, client: Any, table: str, reason: str) -> None:
        self._client = client
        self._table = table
        self._reason = reason

    def reopen(self, item: Item, now: float) -> bool:
        """Make an event *received* again."""
        return self._update(item, now, self._reopened(item, now))

    def reopen_processed(self, item: Item, now: float) -> bool:
        """Make a processed event *received* again and take its timeline entry away."""
        update = self._reopened(item, now)
        update["UpdateExpression"] += ", processed_at, contact, #at"
        update["ConditionExpression"] += f" AND {_ENTRY_AS_SEEN}"
        update["ExpressionAttributeNames"] = {**_NAMES, "#at": "at"}
        update["ExpressionAttributeValues"] |= {
            ":was": {"S": PROCESSED},
            ":contact": item["contact"],
            ":at": item["at"],
        }
        where = {
            "pk": {"S": schema.contact_partition(item["contact"]["S"])},
            "sk": {"S": schema.timeline_position(item["at"]["S"], _key(item))},
        }
        try:
            self._client.transact_write_items(
                TransactItems=[
                    {"Update": update},
                    {"Delete": {"TableName": self._table, "Key": where}},
                ]
            )
        except AWS_FAILURES as error:
            if taken(error) is not None:
                return False
            raise
        return True

    def mark(self, item: Item, key: str, now: float) -> bool:
        """Write on a quarantined event under which key it was kept anew; its status stays."""
        update = {
            **self._where(item),
            "UpdateExpression": "SET replayed_as = :key,"
            " replays = list_append(if_not_exists(replays, :none), :replay)",
            "ConditionExpression": f"{_AS_SEEN} AND {_NOT_MARKED}",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":was": {"S": QUARANTINED},
                ":key": {"S": key},
                **self._replay(item, now),
            },
        }
        return self._update(item, now, update)

    def _update(self, item: Item, now: float, update: dict[str, Any]) -> bool:
        try:
            self._client.update_item(**update)
        except AWS_FAILURES as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            # A write whose answer was lost is tried again, and finds itself in its way.
            found = detail_of(error, "Item") or {}
            ours = self._replay(item, now)[":replay"]["L"]
            return bool(found.get("replays", {}).get("L", [])[-1:] == ours)
        return True

    def _reopened(self, item: Item, now: float) -> dict[str, Any]:
        shard = schema.open_shard(schema.shard(_key(item)))
        return {
            **self._where(item),
            "UpdateExpression": _REOPENED,
            "ConditionExpression": _AS_SEEN,
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {
                ":was": item["status"],
                ":received": {"S": RECEIVED},
                ":open": {"S": shard},
                ":now": {"S": iso(now)},
                **self._replay(item, now),
            },
        }

    def _replay(self, item: Item, now: float) -> dict[str, Any]:
        replay = {"at": {"S": iso(now)}, "reason": {"S": self._reason}, "was": item["status"]}
        return {":none": {"L": []}, ":replay": {"L": [{"M": replay}]}}

    def _where(self, item: Item) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _key(item: Item) -> str:
    return schema.key_of(item["pk"]["S"])
