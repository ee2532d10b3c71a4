"""PutEvents on the stack's event bus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from aws.failures import AWS_FAILURES
from errors import BusUnavailable
from published.cloud_event import Published

SOURCE = "justcall-hooks"
# Source: EventBridge quotas, PutEvents.
MAX_ENTRIES = 10
_MAX_REQUEST_BYTES = 250 * 1024
# Source and detail type, with room to spare.
_ENTRY_BYTES = 128


class EventBridge(Protocol):
    """The one call that publishing makes."""

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:  # noqa: N803
        """Send up to ten entries; each can fail by itself."""


class Bus:
    """One event bus; `name` may be its ARN."""

    def __init__(self, client: Callable[[], EventBridge], name: str) -> None:
        self._client = client
        self._name = name

    def put(self, events: Sequence[Published]) -> list[Published]:
        """Publish events, in order; return those that the bus refused.

        Raises BusUnavailable when a whole request fails: events before it may be published.
        """
        return [one for batch in _batches(events) for one in self._refused(batch)]

    def _refused(self, batch: Sequence[Published]) -> list[Published]:
        try:
            answer = self._client().put_events(Entries=[self._entry(one) for one in batch])
        except AWS_FAILURES as error:
            raise BusUnavailable from error
        # The answer's entries have the order of the request's.
        answered = answer.get("Entries", [])
        if len(answered) != len(batch):
            raise BusUnavailable("bus-answer-unreadable")
        return [one for one, entry in zip(batch, answered, strict=True) if "EventId" not in entry]

    def _entry(self, event: Published) -> Mapping[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.kind,
            "Detail": event.detail,
        }


def _batches(events: Sequence[Published]) -> Iterator[list[Published]]:
    batch: list[Published] = []
    size = 0
    for event in events:
        own = len(event.detail) + _ENTRY_BYTES
        if batch and (len(batch) == MAX_ENTRIES or size + own > _MAX_REQUEST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += own
    if batch:
        yield batch
