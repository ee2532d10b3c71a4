"""The ledger as the sweeper sees it: what is open, what may be lost, and how far markers got."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aws.failures import AWS_FAILURES, error_code
from errors import LedgerUnavailable
from justcall.event import FAILED, RECEIVED, STUCK, Event
from justcall.moments import epoch, iso
from ledger import bodies, queries, schema
from messaging.backlog import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A processor that died wrote nothing down; the dead-letter queue is all that tells of it.
DIED = "died: no attempt of its processor ended"

# Closes the race with a processor that ends, and with an operator's replay, while we look.
_STILL_OPEN = "#status = :received"
# Closes the race with a message that is newer than the dead letter.
_NOT_SENT_SINCE = "(attribute_not_exists(sent_at) OR sent_at <= :letter)"
# `sent_at` is written by other clocks than SQS's, and just before the message is sent.
_CLOCKS_SECONDS = 60.0
# Closes the race of two sweeps: one of them takes the event, the other finds the count changed.
_NOT_TAKEN = "(attribute_not_exists(sweeps) AND :before = :none OR sweeps = :before)"


class OpenEvent(NamedTuple):
    """An event that is only *received*; times are in epoch seconds.

    `sweeps` counts how often it was sent again, `attempts` the tries of its processor that failed.
    """

    key: str
    type: str
    received_at: float
    sent_at: float
    sweeps: int
    attempts: int


class State(NamedTuple):
    """What is known of one kind's queue from run to run; times are in epoch seconds.

    `marker_sent_at` and `marker_passed_at` are the times at which the last marker was sent, and at
    which the last one that came through had been sent. `in_doubt` counts the events sent again
    without proof since then.
    """

    marker_sent_at: float = 0.0
    marker_passed_at: float = 0.0
    in_doubt: int = 0

    @property
    def marker_is_out(self) -> bool:
        """Whether a marker is on its way."""
        return self.marker_sent_at > self.marker_passed_at


class SweepLedger:
    """Reads and writes of the sweeper. Every method raises LedgerUnavailable."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._client = client
        self._table = table

    def open_events(self, most: int) -> Iterator[OpenEvent]:
        """Yield the open events of each shard, the oldest first, at most `most` of a shard."""
        for number in range(schema.SHARDS):
            yield from map(_open_event, self._shard(number, most))

    def load(self, key: str) -> Event | None:
        """Return an open event with its body, None if it is not open (any more)."""
        items = queries.ledger_items(self._client, self._table, key)
        body = bodies.unpack(items)
        if body is None or items[0]["status"]["S"] != RECEIVED:
            return None
        return event_of(items[0], body)

    def take(self, event: OpenEvent, now: float) -> bool:
        """Note that an event is about to be sent again; False if it is not ours to send.

        Noted before it is sent: whatever dies in between, no event is sent again without a count.
        """
        return self._step(
            event.key,
            "SET sweeps = :after, sent_at = :now",
            f"{_STILL_OPEN} AND {_NOT_TAKEN}",
            {
                ":after": {"N": str(event.sweeps + 1)},
                ":before": {"N": str(event.sweeps)},
                ":none": {"N": "0"},
                ":now": {"S": iso(now)},
            },
        )

    def give_up(self, key: str, now: float) -> bool:
        """Make an open event *stuck*; False if it is not open."""
        return self._step(
            key,
            "SET #status = :stuck, stuck_at = :now REMOVE #open",
            _STILL_OPEN,
            {":stuck": {"S": STUCK}, ":now": {"S": iso(now)}},
            {"#open": "open"},
        )

    def bury(self, key: str, letter: DeadLetter, now: float) -> bool:
        """Make an open event whose message is a dead letter *failed*.

        False if it is not open, or was sent again (by a sweep or a replay) after that message.
        """
        return self._step(
            key,
            "SET #status = :failed, failed_at = :now, attempts = :attempts,"
            " first_failed_at = if_not_exists(first_failed_at, :now),"
            " #error = if_not_exists(#error, :died) REMOVE #open",
            f"{_STILL_OPEN} AND {_NOT_SENT_SINCE}",
            {
                ":failed": {"S": FAILED},
                ":letter": {"S": iso(letter.sent_at + _CLOCKS_SECONDS)},
                ":attempts": {"N": str(letter.receives)},
                ":died": {"S": DIED},
                ":now": {"S": iso(now)},
            },
            {"#open": "open", "#error": "error"},
        )

    def states(self) -> Mapping[str, State]:
        """Return what is known of each kind's queue."""
        items = queries.found(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": schema.SWEEP_PARTITION}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: _state(item) for item in items}

    def note_state(self, kind: str, state: State) -> None:
        """Write what is known of a kind's queue, but for the marker that came through."""
        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.SWEEP_PARTITION}, "sk": {"S": kind}},
                UpdateExpression="SET marker_sent_at = :sent, in_doubt = :doubt",
                ExpressionAttributeValues={
                    ":sent": {"S": iso(state.marker_sent_at)},
                    ":doubt": {"N": str(state.in_doubt)},
                },
            )
        except AWS_FAILURES as error:
            raise LedgerUnavailable from error

    def _shard(self, number: int, most: int) -> Sequence[Mapping[str, Any]]:
        return queries.found(
            self._client,
            TableName=self._table,
            IndexName=schema.OPEN_INDEX,
            KeyConditionExpression="#open = :shard",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":shard": {"S": schema.open_shard(number)}},
            PaginationConfig={"MaxItems": most},
        )

    def _step(
        self,
        key: str,
        update: str,
        condition: str,
        values: dict[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> bool:
        try:
            self._client().update_item(
                TableName=self._table,
                Key={"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status", **(names or {})},
                ExpressionAttributeValues={":received": {"S": RECEIVED}, **values},
            )
        except AWS_FAILURES as error:
            if error_code(error) == "ConditionalCheckFailedException":
                return False
            raise LedgerUnavailable from error
        return True


def event_of(item: Mapping[str, Any], body: bytes) -> Event:
    """Return the event that a ledger item and its body hold."""
    return Event(
        delivery_id=item["delivery_id"]["S"],
        key=schema.key_of(item["pk"]["S"]),
        type=item["type"]["S"],
        dialect=item["dialect"]["S"],
        status=item["status"]["S"],
        body=body,
        body_hash=item["body_hash"]["S"],
        received_at=epoch(item["received_at"]["S"]),
        event_time=item.get("event_time", {}).get("S"),
    )


def _open_event(item: Mapping[str, Any]) -> OpenEvent:
    received_at = item["received_at"]["S"]
    return OpenEvent(
        key=schema.key_of(item["pk"]["S"]),
        type=item["type"]["S"],
        received_at=epoch(received_at),
        sent_at=epoch(item.get("sent_at", {}).get("S", received_at)),
        sweeps=int(item.get("sweeps", {}).get("N", 0)),
        attempts=int(item.get("attempts", {}).get("N", 0)),
    )


def _state(item: Mapping[str, Any]) -> State:
    return State(
        marker_sent_at=_moment(item, "marker_sent_at"),
        marker_passed_at=_moment(item, "marker_passed_at"),
        in_doubt=int(item.get("in_doubt", {}).get("N", 0)),
    )


def _moment(item: Mapping[str, Any], name: str) -> float:
    return epoch(item[name]["S"]) if name in item else 0.0
