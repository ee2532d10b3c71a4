"""One item per event, stored before the sender gets its 200, and every change of its status.

                        keep: put if absent
               ┌────────────────┼──────────────────┐
               ▼                ▼                  ▼
           unhandled   ┌──▶ received ◀── take      quarantined
               │       │   │    │   │    (sweeper)
               │       │   │    │   └─ give_up ─▶ stuck (sent again 8 times, no result)
               │       │   │    └─ fail, bury ──▶ failed (the last receive failed, or died)
               │       │   └────── process ─────▶ processed
               │       │                           │
               └───────┴──────── reopen ───────────┘  (an operator's replay)

`process` also accepts *failed* and *stuck* events, because a dead letter may be redriven and a
message may be late. Only `reopen` leaves *processed*. A *quarantined* event keeps its status: a
replay stores it anew under its own key. Each change is one conditional update that also moves the
event to the cell of its new status (`ledger.schema`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aws.failures import AWS_FAILURES, detail_of, error_code
from errors import BodyReplaced, LedgerItemMissing, LedgerUnavailable
from justcall.event import FAILED, PROCESSED, RECEIVED, STUCK, Event
from justcall.moments import epoch, iso
from ledger import bodies, schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Fails if another delivery has already stored the event.
_ABSENT = "attribute_not_exists(pk)"
# Fails if another copy of the message was processed first; then the write is a no-op.
_NOT_PROCESSED = "attribute_exists(pk) AND #status <> :processed"
# Fails if a delivery has replaced the body, with which the entry is compressed.
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
# About how many bytes `process` adds to the item. DynamoDB bills the larger of old and new size.
_STEP_BYTES = 240
# Attributes that a failed processor or the sweeper wrote; a replay removes them.
_HISTORY = "#error, attempts, sweeps, failed_at, first_failed_at, stuck_at"
# A processor that died wrote no reason; the dead-letter queue is the only evidence.
DIED = "died: no attempt of its processor ended"


class Existing(NamedTuple):
    """A ledger item that an earlier delivery wrote; `sent_at` is the time of its last message."""

    delivery_id: str
    status: str
    body_hash: str
    received_at: float
    sent_at: float


class Ledger:
    """Every write to ledger items. Each method raises LedgerUnavailable when DynamoDB refuses."""

    def __init__(
        self, client: Callable[[], "DynamoDBClient"], table: str, retention_days: int
    ) -> None:
        self._client = client
        self._table = table
        self._retention = retention_days * _DAY_SECONDS

    def keep(self, event: Event) -> Existing | None:
        """Store the event unless its key is taken: None if it is new, else the existing item."""
        item = self._item(event)
        item["cell"] = {"S": schema.cell(event.status, event.key, item["received_at"]["S"])}
        existing = self._write(item, event.body)
        own = existing is not None and existing.delivery_id == event.delivery_id
        return None if own else existing

    def keep_evidence(self, event: Event) -> None:
        """Store a delivery whose key has other content, as evidence beside the existing event."""
        self._write(self._item(event) | {"sk": {"S": schema.evidence(event.body_hash)}}, event.body)

    def count_delivery(self, key: str, now: float, *, sent: bool) -> None:
        """Count one more delivery of an existing event and, if it was sent again, note when."""
        self._update(
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
        done, existing = self._try_update(
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

    def fail(self, key: str, reason: str, attempts: int, now: float, *, last: bool) -> None:
        """Record a failed attempt, its reason and time. The last one makes the event *failed*."""
        change = (
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
            change += ", #status = :failed, cell = :cell"
            values |= _to(FAILED, key)
        self._update(key, change, _NOT_PROCESSED, values, {"#status": "status", "#error": "error"})

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

    def bury(self, key: str, letter_sent_at: float, receives: int, now: float) -> bool:
        """Make an open event *failed* because its message is a dead letter.

        The message was sent at `letter_sent_at` (epoch seconds) and received `receives` times.
        False if the event is not open, or was sent again after that message.
        """
        return self._update_open(
            key,
            "SET #status = :failed, cell = :cell, failed_at = :now, attempts = :attempts,"
            " first_failed_at = if_not_exists(first_failed_at, :now),"
            " #error = if_not_exists(#error, :died)",
            _to(FAILED, key)
            | {
                ":letter": {"S": iso(letter_sent_at + _CLOCK_SKEW_SECONDS)},
                ":attempts": {"N": str(receives)},
                ":died": {"S": DIED},
                ":now": {"S": iso(now)},
            },
            {"#error": "error"},
            _NOT_SENT_SINCE,
        )

    def reopen(self, key: str, was: str, now: float) -> bool:
        """Make an event *received* again, off its timeline; False if its status is not `was`.

        The caller then sends its message. If the caller dies first, the sweeper sends it.
        `reopened` counts, so that what is published afterwards has a higher revision.
        """
        done, existing = self._try_update(
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

    def _update_open(
        self,
        key: str,
        change: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        condition: str = "",
    ) -> bool:
        return self._update(
            key,
            change,
            f"{_STILL_OPEN} AND {condition}" if condition else _STILL_OPEN,
            {":received": {"S": RECEIVED}, **values},
            {"#status": "status", **(names or {})},
        )

    def _update(
        self,
        key: str,
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> bool:
        """Update a ledger item; False if the condition does not hold."""
        return self._try_update(key, change, condition, values, names)[0]

    def _try_update(
        self,
        key: str,
        change: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> tuple[bool, Mapping[str, Any] | None]:
        """Update a ledger item; return whether the condition held and, if not, the item."""
        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False, detail_of(error, "Item")
            raise LedgerUnavailable from error
        return True, None

    def _item(self, event: Event) -> dict[str, Any]:
        item: dict[str, Any] = {
            "pk": {"S": schema.event_partition(event.key)},
            "sk": {"S": schema.LEDGER},
            "dialect": {"S": event.dialect},
            "delivery_id": {"S": event.delivery_id},
            "status": {"S": event.status},
            "received_at": {"S": iso(event.received_at)},
            "deliveries": {"N": "1"},
            "body_hash": {"B": bytes.fromhex(event.body_hash)},
            "expires_at": {"N": str(int(event.received_at) + self._retention)},
        }
        if event.event_time:
            item["event_time"] = {"S": event.event_time}
        return item

    def _write(self, item: dict[str, Any], body: bytes) -> Existing | None:
        packed = bodies.pack(body, _size(item) + _STEP_BYTES)
        if isinstance(packed, bytes) and len(packed) > bodies.MAX_INLINE_BYTES:
            return self._put_in_parts(item, bodies.cut(packed))
        return self._put(item | bodies.attribute(packed))

    def _put(self, item: dict[str, Any]) -> Existing | None:
        try:
            self._client().put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=_ABSENT,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return _existing(detail_of(error, "Item"))
            raise LedgerUnavailable from error
        return None

    def _put_in_parts(self, item: dict[str, Any], pieces: list[bytes]) -> Existing | None:
        """Store an item and its body's parts in one transaction, which is one AWS call."""
        shared = {name: item[name] for name in ("pk", "expires_at")}
        sort_key = item["sk"]["S"]
        head: Any = {
            "TableName": self._table,
            "Item": item | {"parts": {"N": str(len(pieces))}},
            "ConditionExpression": _ABSENT,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        parts: list[Any] = [
            {
                "TableName": self._table,
                "Item": shared
                | {"sk": {"S": schema.part(sort_key, number)}, "packed": {"B": piece}},
            }
            for number, piece in enumerate(pieces, start=1)
        ]
        try:
            self._client().transact_write_items(
                TransactItems=[{"Put": one} for one in (head, *parts)]
            )
        except AWS_FAILURES as error:
            if existing := _taken(error):
                return _existing(existing)
            raise LedgerUnavailable from error
        return None


def event_of(item: Mapping[str, Any], body: bytes) -> Event:
    """Return the event of a ledger item, or of evidence, and its body."""
    return Event(
        delivery_id=item["delivery_id"]["S"],
        key=schema.key_of(item["pk"]["S"]),
        type=schema.type_of(schema.key_of(item["pk"]["S"])),
        dialect=item["dialect"]["S"],
        status=item["status"]["S"],
        body=body,
        body_hash=item["body_hash"]["B"].hex(),
        received_at=epoch(item["received_at"]["S"]),
        event_time=item.get("event_time", {}).get("S"),
    )


def _to(status: str, key: str) -> dict[str, Any]:
    """Return the expression values that move an event to a status other than *processed*."""
    return {f":{status}": {"S": status}, ":cell": {"S": schema.cell(status, key, "")}}


def _taken(error: Exception) -> Mapping[str, Any] | None:
    """Return the item that failed the condition of a cancelled transaction's first write."""
    reasons: Sequence[Mapping[str, Any]] = detail_of(error, "CancellationReasons") or [{}]
    failed = reasons[0].get("Code") == "ConditionalCheckFailed"
    return reasons[0].get("Item") if failed else None


def _existing(item: Mapping[str, Any]) -> Existing:
    received_at = item["received_at"]["S"]
    sent_at = item.get("sent_at", {}).get("S", received_at)
    return Existing(
        delivery_id=item["delivery_id"]["S"],
        status=item["status"]["S"],
        body_hash=item["body_hash"]["B"].hex(),
        received_at=epoch(received_at),
        sent_at=epoch(sent_at),
    )


def _size(item: Mapping[str, Any]) -> int:
    """Return about the size by which DynamoDB bills an item: names and values."""
    return sum(len(name) + len(*value.values()) for name, value in item.items())
