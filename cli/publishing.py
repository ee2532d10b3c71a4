"""Publishing events again: the publisher's own code, on what the ledger holds now."""

from collections.abc import Sequence

from cli.errors import UsageError
from cli.outcomes import FAILED, SKIPPED, Outcome
from cli.reading import table, whole_call
from cli.reading.table import Item
from cli.stack import Stack
from justcall.event import PROCESSED
from published import publishing
from published.bus import Bus
from published.cloud_event import source_of
from published.publishing import Ports, Way

PUBLISHED = "published"
OUTCOMES = (PUBLISHED, SKIPPED, FAILED)
_INCOMPLETE = "without its call or message, which has too many events"


def bus(stack: Stack) -> Bus:
    """Return a stack's bus. Raises UsageError if it has none."""
    if stack.event_bus is None:
        raise UsageError("This stack has no event bus. Deploy it with EventBus=on.")
    events = stack.client("events")
    return Bus(lambda: events, stack.event_bus)


class Publishing:
    """Publishes processed events of one stack, on its bus or another way."""

    def __init__(self, stack: Stack, way: Way, *, dry_run: bool = False) -> None:
        self._stack, self._dry_run = stack, dry_run
        self._ports = Ports(whole_call.members(stack), way, source_of(stack.name or ""))

    def __call__(self, keys: Sequence[str]) -> list[Outcome]:
        """Publish some events in order; return what became of each."""
        outcomes: dict[str, Outcome] = {}
        items: list[Item] = []
        for key in keys:
            ledger_items = table.ledger_items(self._stack, key)
            status = ledger_items[0]["status"]["S"] if ledger_items else None
            if status is None:
                outcomes[key] = Outcome(key, FAILED, note="there is no such event")
            elif status != PROCESSED:
                outcomes[key] = Outcome(key, SKIPPED, status, "only processed events are published")
            else:
                outcomes[key] = Outcome(key, PUBLISHED, status)
                items.append(ledger_items[0])
        if items and not self._dry_run:
            outcomes |= self._publish(items)
        return [outcomes[key] for key in keys]

    def _publish(self, items: Sequence[Item]) -> dict[str, Outcome]:
        outcome = publishing.publish(items, self._ports)
        return {
            **{key: Outcome(key, PUBLISHED, PROCESSED) for key in outcome.published},
            **{
                key: Outcome(key, PUBLISHED, PROCESSED, _INCOMPLETE)
                for key in outcome.incomplete
                if key in outcome.published
            },
            **{
                one.key: Outcome(one.key, FAILED, PROCESSED, f"not published: {one.error.reason}")
                for one in outcome.failures
            },
        }
