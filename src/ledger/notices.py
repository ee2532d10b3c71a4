"""Notices that were sent or wait: one item for each call or message and each kind of notice.

JustCall may send two events of one text, and the event bus may deliver an event twice. So a notice
belongs to the call or message, and the first event of it claims the notice. Another event of it is
dropped, because the claimer's message stays in the queue until the notice was sent.

A notice that waits for a digest is in the cell `unsent` of the index `by_status` until it was sent.
So the next digest makes up for one that failed, however late, and no clock decides which hour a
call belongs to (docs/decisions/0045-notices.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from justcall.moments import iso
from ledger import schema
from ledger.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ABSENT = "attribute_not_exists(pk)"
_OWN_OR_ABSENT = f"{_ABSENT} OR event_key = :key AND attribute_not_exists(notified_at)"


class Waiting(NamedTuple):
    """A missed call that waits for the next digest: its name, and the key of its first event."""

    name: str
    key: str


class Notices:
    """The notices of one deployment. Every method raises LedgerUnavailable."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, retention_days: int
    ) -> None:
        self._table = Table(client, table, retention_days)

    def claim(self, name: str, kind: str, key: str, now: float) -> bool:
        """Claim a notice for an event; False if it was sent, or another event has claimed it."""
        item = self._item(name, kind, key, now)
        return self._table.put(
            item,
            ConditionExpression=_OWN_OR_ABSENT,
            ExpressionAttributeValues={":key": {"S": key}},
        )

    def wait(self, name: str, key: str, received_at: str, now: float) -> bool:
        """Let a missed call wait for the next digest; False if it waits already or was in one."""
        item = self._item(name, schema.DIGEST, key, now)
        item |= {"cell": {"S": schema.UNSENT}, "received_at": {"S": received_at}}
        return self._table.put(item, ConditionExpression=_ABSENT)

    def waiting(self, limit: int) -> list[Waiting]:
        """Return the missed calls that wait for a digest, in the order of their arrival."""
        rows = self._table.rows(
            IndexName=schema.STATUS_INDEX,
            KeyConditionExpression="cell = :cell",
            ExpressionAttributeValues={":cell": {"S": schema.UNSENT}},
            PaginationConfig={"MaxItems": limit},
        )
        places = [{"pk": row["pk"], "sk": row["sk"]} for row in rows]
        # The index lags behind: some of them may be sent by now.
        items = [one for one in self._table.items(places) if "cell" in one]
        items.sort(key=lambda one: (one["received_at"]["S"], one["pk"]["S"]))
        return [Waiting(_name(one), one["event_key"]["S"]) for one in items]

    def mark_sent(self, name: str, kind: str, now: float) -> None:
        """Record that a notice was sent, or is not needed any more."""
        self._table.update(
            _place(name, kind),
            "SET notified_at = :now, expires_at = :expires REMOVE cell",
            ExpressionAttributeValues={
                ":now": {"S": iso(now)},
                ":expires": self._table.expiry(now),
            },
        )

    def ledger_items(self, keys: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the ledger items of these events, without those that do not exist."""
        return self._table.ledger_items(keys)

    def _item(self, name: str, kind: str, key: str, now: float) -> dict[str, Any]:
        return {
            **_place(name, kind),
            "event_key": {"S": key},
            "expires_at": self._table.expiry(now),
        }


def _place(name: str, kind: str) -> dict[str, Any]:
    return {"pk": {"S": schema.notice_partition(name)}, "sk": {"S": kind}}


def _name(item: Mapping[str, Any]) -> str:
    partition: str = item["pk"]["S"]
    return partition.removeprefix(schema.notice_partition(""))
