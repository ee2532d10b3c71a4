"""New events and new states of events, by asking the ledger again and again."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cli.reading import events as listing
from cli.reading import failures, searching, table
from cli.reading.events import Wanted
from cli.reading.failures import RETRYING
from cli.reading.table import Document
from cli.stack import Stack
from justcall.event import RECEIVED

# An index lags behind its table, and the receiver's clock may differ from ours.
_OVERLAP = timedelta(seconds=60)
# Events without a result that are asked for again each time; the oldest are forgotten first.
MAX_OPEN = 500
_OPEN = (RECEIVED, RETRYING)


class Follower:
    """Remembers which events and states it has returned."""

    def __init__(
        self, stack: Stack, wanted: Wanted, clock: Callable[[], float] = time.time
    ) -> None:
        self._stack, self._wanted, self._clock = stack, wanted, clock
        self._since = wanted.since or self._now()
        self._states: dict[str, str] = {}
        self._unwanted: set[str] = set()
        # Events that wait already are followed too, but only their next state is new.
        waiting = listing.keys(stack, Wanted(RECEIVED, wanted.kind, before=self._since))
        self._remember(self._changed(waiting[-MAX_OPEN:]))

    def poll(self) -> list[Document]:
        """Return the events that are new or in another state since the last call, oldest first.

        A call that fails changes nothing: the next one returns the same.
        """
        next_since = max(self._since, self._now() - _OVERLAP)
        new = listing.keys(self._stack, Wanted(kind=self._wanted.kind, since=self._since))
        waiting = [key for key, state in self._states.items() if state in _OPEN]
        changed = self._changed([*new, *waiting[-MAX_OPEN:]])
        selected = self._selected(changed)
        self._remember(changed)
        self._forget(new)
        self._since = next_since
        return [one for one in selected if self._has_status(one)]

    def _changed(self, keys: list[str]) -> list[Document]:
        events = failures.explain(self._stack, table.brief(self._stack, keys))
        changed = [one for one in events if self._states.get(one["key"]) != one["state"]]
        return sorted(changed, key=lambda one: str(one["received_at"]))

    def _remember(self, events: list[Document]) -> None:
        self._states |= {one["key"]: one["state"] for one in events}

    def _forget(self, new: list[str]) -> None:
        """Forget events that are older than the overlap and have a result."""
        kept = {*new, *(key for key, state in self._states.items() if state in _OPEN)}
        self._states = {key: state for key, state in self._states.items() if key in kept}
        self._unwanted &= kept

    def _selected(self, events: list[Document]) -> list[Document]:
        """Return the events that have the wanted number and text."""
        number, text = self._wanted.number, self._wanted.text
        if number is None and text is None:
            return events
        keys = [one["key"] for one in events if one["key"] not in self._unwanted]
        found = searching.matching(self._stack, keys, number, text)
        self._unwanted |= set(keys) - found
        return [one for one in events if one["key"] in found]

    def _has_status(self, event: Document) -> bool:
        return self._wanted.status in (None, event["status"], event["state"])

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
