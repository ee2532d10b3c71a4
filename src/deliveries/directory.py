"""The destinations of a stack and their states, as the sender sees them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from deliveries import backoff, places
from deliveries.destination import Destination, destination_of
from ledger.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Changes of an operator take effect after this time.
FRESH_SECONDS = 5.0
_COUNTS_SECONDS = 3 * 86_400


class Directory:
    """Reads destinations at most every five seconds. Every method raises LedgerUnavailable."""

    def __init__(self, client: Callable[[], "DynamoDBClient"], table: str) -> None:
        self._table = Table(client, table)
        self._destinations: Mapping[str, Destination] = {}
        self._read_at = float("-inf")

    def all(self, now: float, *, fresh: bool = False) -> Mapping[str, Destination]:
        """Return the destinations by name; `fresh` reads them now."""
        if fresh or not 0 <= now - self._read_at < FRESH_SECONDS:
            states = {one["sk"]["S"]: one for one in self._query(places.STATES)}
            settings = self._query(places.SETTINGS)
            destinations = (destination_of(one, states.get(one["sk"]["S"], {})) for one in settings)
            self._destinations = {one.name: one for one in destinations}
            self._read_at = now
        return self._destinations

    def find(self, name: str, now: float) -> Destination | None:
        """Return a destination; a name that is not known may be new, so it is read at once."""
        return self.all(now).get(name) or self.all(now, fresh=True).get(name)

    def note_success(self, name: str) -> None:
        """Make a destination healthy."""
        self._update(name, "REMOVE failures, failing_since, retry_at", {}, "attribute_exists(pk)")
        self._forget()

    def note_failure(self, name: str, reason: str, now: float, asked: float | None) -> None:
        """Count a failure; leave the destination alone for a while if there were too many."""
        values = {
            ":one": {"N": "1"},
            ":now": {"N": f"{now:.3f}"},
            ":reason": {"S": reason},
        }
        update = (
            "SET failing_since = if_not_exists(failing_since, :now), last_error = :reason,"
            " last_error_at = :now ADD failures :one"
        )
        state = self._update(name, update, values) or {}
        failures = int(state["failures"]["N"])
        seconds = max(backoff.pause(failures), asked or 0.0)
        if seconds:
            until = {":until": {"N": f"{now + seconds:.3f}"}}
            self._update(name, "SET retry_at = :until", until)
        self._forget()

    def take_turn(self, destination: Destination, now: float) -> bool:
        """Return whether this delivery is the one that tries a failing destination now."""
        state = destination.state
        if not state.retry_at:
            return True
        if state.retry_at > now:
            return False
        values = {
            ":seen": {"N": f"{state.retry_at:.3f}"},
            ":until": {"N": f"{now + backoff.pause(backoff.MAX_FAILURES + 1):.3f}"},
        }
        taken = self._update(destination.name, "SET retry_at = :until", values, "retry_at = :seen")
        self._forget()
        return taken is not None

    def pause(self, name: str, why: str, now: float) -> None:
        """Stop deliveries to a destination until an operator resumes them."""
        values = {":why": {"S": why}, ":now": {"N": f"{now:.3f}"}}
        self._update(name, "SET paused = :why, paused_at = :now", values)
        self._forget()

    def resume(self, name: str) -> None:
        """Let a destination get deliveries again, at once."""
        self._update(name, "REMOVE paused, paused_at, failures, failing_since, retry_at", {})
        self._forget()

    def count(self, name: str, day: str, delivered: int, failed: int, now: float) -> None:
        """Add to a destination's counts of a day."""
        numbers = {
            ":delivered": delivered,
            ":failed": failed,
            ":expires": int(now) + _COUNTS_SECONDS,
        }
        self._table.update(
            places.counts(name, day),
            "SET expires_at = :expires ADD delivered :delivered, failed :failed",
            ExpressionAttributeValues={one: {"N": str(value)} for one, value in numbers.items()},
        )

    def _forget(self) -> None:
        self._read_at = float("-inf")

    def _query(self, partition: str) -> Any:
        return self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )

    def _update(
        self, name: str, update: str, values: Mapping[str, Any], condition: str = ""
    ) -> Mapping[str, Any] | None:
        """Update a state; return it, None if the condition does not hold."""
        more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        if condition:
            more["ConditionExpression"] = condition
        return self._table.update(places.state(name), update, ReturnValues="ALL_NEW", **more)
