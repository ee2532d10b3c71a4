"""The ledger: one item per event, stored before the sender gets its 200, and its status changes.

                        keep: put if absent
               ┌────────────────┼──────────────────┐
               ▼                ▼                  ▼
           unhandled   ┌──▶ received ◀── take      quarantined
               │       │   │    │   │    (sweeper)
               │       │   │    │   └─ give_up ─▶ stuck (sent again 8 times)
               │       │   │    └─ fail, bury ──▶ failed (the last receive failed, or died)
               │       │   └────── process ─────▶ processed
               │       │                           │
               └───────┴──────── reopen ───────────┘  (an operator's replay)

           failed, stuck, unhandled, quarantined ── dismiss ─▶ dismissed ── reopen ─▶ received

`take_over` puts a better authenticated event in the place of another, as *received*.
`process` also accepts *failed*, *stuck* and *dismissed* events, because a dead letter may be
redriven and a message may be late; `fail` leaves *dismissed* ones as they are. Only `reopen` leaves
*processed*. A *quarantined* event keeps its status in a replay, which stores it anew under its own
key. Each change is one conditional update that also moves the event to the cell of its new status
(`ledger.schema`).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from errors import BodyReplaced, LedgerItemMissing
from justcall.event import DISMISSED, FAILED, PROCESSED, RECEIVED, STUCK, Event
from justcall.moments import iso
from ledger import bodies, schema
from ledger.items import Existing, item_of, with_body
from ledger.writes import Writes, put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Fails if another copy of the message was processed first; then the write is a no-op.
_NOT_PROCESSED = "attribute_exists(pk) AND #status <> :processed"
# Fails if an operator has decided that the event is wrong for good.
_NOT_DISMISSED = "#status <> :dismissed"
# Fails if the item holds another delivery's body, which the entry's compression depends on.
_SAME_BODY = "delivery_id = :delivery"
# Fails if a processor or a replay changed the status since the sweeper read it.
_STILL_OPEN = "#status = :received"
# Fails if another run of the sweeper has already taken the event.
_NOT_TAKEN = "(attribute_not_exists(sweeps) AND :before = :zero OR sweeps = :before)"
# Fails if the event was sent again after the message that became the dead letter.
_NOT_SENT_SINCE = "(attribute_not_exists(sent_at) OR sent_at <= :letter)"
# `sent_at` is written before the message is sent, and by another clock than SQS's.
_CLOCK_SKEW_SECONDS = 60.0
_DAY_SECONDS = 86_400
# Attributes that a failed processor or the sweeper wrote; a replay removes them.
_HISTORY = "#error, attempts, sweeps, failed_at, first_failed_at, stuck_at"
# The attributes of the two indexes. Evidence is in neither.
_OF_INDEXES = ("cell", "contact", "at", "entry")
# A processor that died recorded no reason; only its dead letter shows it.
DIED = "died: no attempt of its processor ended"


class Ledger:
    """Every change of status. Each method raises LedgerUnavailable when DynamoDB refuses."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, retention_days: int
    ) -> None:
        self._writes = Writes(client, table)
        self._retention = retention_days * _DAY_SECONDS

    def keep(self, event: Event) -> Existing | None:
        """Store the event and return None, or return the item that has its key."""
        item, parts = with_body(self._open_item(event), event.body)
        return _other(event, self._writes.put_if_absent(item, parts))

    def keep_evidence(self, event: Event) -> None:
        """Store a delivery whose key has other content, as evidence beside the existing event."""
        item = self._item(event) | {"sk": {"S": schema.evidence(event.body_hash)}}
        self._writes.put_if_absent(*with_body(item, event.body))

    def take_over(self, event: Event, existing: Existing) -> Existing | None:
        """Store the event in place of a less authentic one, which becomes evidence beside it.

        None on success, else the item that another delivery has put there meanwhile.
        """
        evidence = {
            name: value for name, value in existing.item.items() if name not in _OF_INDEXES
        } | {"sk": {"S": schema.evidence(existing.body_hash)}}
        condition = {
            "ConditionExpression": _SAME_BODY,
            "ExpressionAttributeValues": {":delivery": {"S": existing.delivery_id}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        # Counted like a replay, so that the next published event has a higher revision.
        reopened = int(existing.item.get("reopened", {}).get("N", 0)) + 1
        opened = self._open_item(event) | {"reopened": {"N": str(reopened)}}
        item, parts = with_body(opened, event.body)
        puts = [put(item, condition), put(evidence), *map(put, parts)]
        return _other(event, self._writes.transact(puts))

    def count_delivery(self, key: str, now: float, *, sent: bool) -> None:
        """Count one more delivery of an existing event and, if it was sent again, note when."""
        self._writes.update(
            key,
            "SET #at = :now ADD deliveries :one",
            "attribute_exists(pk)",
            {":now": {"S": iso(now)}, ":one": {"N": "1"}},
            {"#at": "sent_at" if sent else "last_delivery_at"},
        )

    def process(
        self,
        event: Event,
        contact: str,
        at: str,
        entry: Mapping[str, Any],
        attempts: int,
        now: float,
    ) -> bool:
        """Make an event *processed*, on its contact's timeline; False if it was processed before.

        `at` is the event's own time. Raises LedgerItemMissing when there is no such event,
        BodyReplaced when the ledger item holds the body of another delivery.
        """
        body = event.body if bodies.fits_inline(event.body) else None
        done, existing = self._writes.update(
            event.key,
            "SET #status = :processed, cell = :cell, contact = :contact, #at = :at, entry = :entry,"
            " processed_at = :now, attempts = :attempts REMOVE #error",
            f"{_NOT_PROCESSED} AND {_SAME_BODY}",
            {
                ":processed": {"S": PROCESSED},
                ":delivery": {"S": event.delivery_id},
                ":cell": {"S": schema.cell(PROCESSED, event.key, iso(event.received_at))},
                ":contact": {"S": contact},
                ":at": {"S": at},
                ":entry": {"B": bodies.pack_entry(entry, body)},
                ":now": {"S": iso(now)},
                ":attempts": {"N": str(attempts)},
            },
            {"#status": "status", "#at": "at", "#error": "error"},
        )
        if not done and existing is None:
            raise LedgerItemMissing
        if existing and existing["status"]["S"] != PROCESSED:
            raise BodyReplaced
        return done

    def fail(
        self, key: str, delivery_id: str, reason: str, attempts: int, now: float, *, last: bool
    ) -> None:
        """Record a failed attempt, its reason and time. The last one makes the event *failed*.

        A no-op if the ledger item is another delivery's than the message, or is *dismissed*.
        """
        change = (
            "SET #error = :error, attempts = :attempts, failed_at = :now,"
            " first_failed_at = if_not_exists(first_failed_at, :now)"
        )
        values: dict[str, Any] = {
            ":error": {"S": reason},
            ":attempts": {"N": str(attempts)},
            ":now": {"S": iso(now)},
            ":processed": {"S": PROCESSED},
            ":dismissed": {"S": DISMISSED},
            ":delivery": {"S": delivery_id},
        }
        if last:
            change += ", #status = :failed, cell = :cell"
            values |= _to(FAILED, key)
        condition = f"{_NOT_PROCESSED} AND {_SAME_BODY}"
        condition += f" AND {_NOT_DISMISSED}"
        self._writes.update(
            key, change, condition, values, {"#status": "status", "#error": "error"}
        )

    def take(self, key: str, sweeps: int, now: float) -> bool:
        """Count one more resend of an open event; False if the caller must not send it.

        Call it before sending the message, so that no crash leaves a resend uncounted. `sweeps` is
        the count that the caller has read.
        """
        values = {
            ":after": {"N": str(sweeps + 1)},
            ":before": {"N": str(sweeps)},
            ":zero": {"N": "0"},
            ":now": {"S": iso(now)},
        }
        change = "SET sweeps = :after, sent_at = :now"
        return self._update_open(key, change, values, condition=_NOT_TAKEN)

    def give_up(self, key: str, now: float) -> bool:
        """Make an open event *stuck*; False if it is not open."""
        change = "SET #status = :stuck, cell = :cell, stuck_at = :now"
        return self._update_open(key, change, _to(STUCK, key) | {":now": {"S": iso(now)}})

    def bury(
        self, key: str, delivery_id: str, letter_sent_at: float, receives: int, now: float
    ) -> bool:
        """Make an open event *failed* because its message is a dead letter.

        The message was sent at `letter_sent_at` (epoch seconds) and received `receives` times.
        False if the event is not open, is another delivery's, or was sent again after that message.
        """
        return self._update_open(
            key,
            "SET #status = :failed, cell = :cell, failed_at = :now, attempts = :attempts,"
            " first_failed_at = if_not_exists(first_failed_at, :now),"
            " #error = if_not_exists(#error, :died)",
            _to(FAILED, key)
            | {
                ":delivery": {"S": delivery_id},
                ":letter": {"S": iso(letter_sent_at + _CLOCK_SKEW_SECONDS)},
                ":attempts": {"N": str(receives)},
                ":died": {"S": DIED},
                ":now": {"S": iso(now)},
            },
            {"#error": "error"},
            f"{_SAME_BODY} AND {_NOT_SENT_SINCE}",
        )

    def reopen(self, key: str, was: str, now: float) -> bool:
        """Make an event *received* again, off its timeline; False if its status is not `was`.

        The caller then sends its message. If the caller dies first, the sweeper sends it.
        `reopened` counts replays, so that the next published event has a higher revision.
        """
        done, existing = self._writes.update(
            key,
            "SET #status = :received, cell = :cell, sent_at = :now"
            f" REMOVE contact, #at, entry, processed_at, {_HISTORY} ADD reopened :one",
            "#status = :was",
            _to(RECEIVED, key) | {":was": {"S": was}, ":now": {"S": iso(now)}, ":one": {"N": "1"}},
            {"#status": "status", "#at": "at", "#error": "error"},
        )
        # The client's second attempt after a lost answer finds its own write.
        own = {"status": {"S": RECEIVED}, "sent_at": {"S": iso(now)}}
        return done or own.items() <= (existing or {}).items()

    def dismiss(self, key: str, was: str, reason: str, now: float) -> bool:
        """Make an event *dismissed*, an operator's decision; False if its status is not `was`.

        `dismissals` keeps each decision with its reason, also over a replay.
        """
        dismissal = {"at": {"S": iso(now)}, "reason": {"S": reason}, "was": {"S": was}}
        added = {"L": [{"M": dismissal}]}
        still = "#status = :was"
        done, existing = self._writes.update(
            key,
            "SET #status = :dismissed, cell = :cell,"
            " dismissals = list_append(if_not_exists(dismissals, :none), :added)",
            still,
            _to(DISMISSED, key) | {":was": {"S": was}, ":none": {"L": []}, ":added": added},
            {"#status": "status"},
        )
        # The client's second attempt after a lost answer finds its own write.
        return done or (existing or {}).get("dismissals", {}).get("L", [])[-1:] == added["L"]

    def _update_open(
        self,
        key: str,
        change: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        condition: str = "",
    ) -> bool:
        """Update an event that is *received*; False if it is not, or the condition fails."""
        done, _ = self._writes.update(
            key,
            change,
            f"{_STILL_OPEN} AND {condition}" if condition else _STILL_OPEN,
            {":received": {"S": RECEIVED}, **values},
            {"#status": "status", **(names or {})},
        )
        return done

    def _open_item(self, event: Event) -> dict[str, Any]:
        item = self._item(event)
        cell = schema.cell(event.status, event.key, item["received_at"]["S"])
        return item | {"cell": {"S": cell}}

    def _item(self, event: Event) -> dict[str, Any]:
        return item_of(event, self._retention)


def _to(status: str, key: str) -> dict[str, Any]:
    """Return the expression values that move an event to a status other than *processed*."""
    return {f":{status}": {"S": status}, ":cell": {"S": schema.cell(status, key, "")}}


def _other(event: Event, existing: Existing | None) -> Existing | None:
    """Return the existing item, None if it is the event's own: a retry finds its first try."""
    own = existing is not None and existing.delivery_id == event.delivery_id
    return None if own else existing
