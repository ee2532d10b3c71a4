"""One run of the sweeper: record dead letters as *failed*, then send lost events again."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from errors import MessageUnreadable, Unavailable
from justcall.catalogue import KINDS, kind_of
from justcall.event import Event
from ledger.sweeping import OpenEvent
from messaging.message import DeadLetter, Message, decode, message_of
from sweeper.verdict import judge

# 16 shards, so 32,000 events in total. Alarms fire long before that.
MAX_OF_A_SHARD = 2000
MAX_DEAD_LETTERS = 500


class LedgerPort(Protocol):
    """The ledger's changes of status. Every method raises LedgerUnavailable."""

    def take(self, key: str, sweeps: int, now: float, /) -> bool:
        """Count one more sweep of an open event."""

    def give_up(self, key: str, now: float, /) -> bool:
        """Make an event *stuck*."""

    def bury(
        self, key: str, delivery_id: str, letter_sent_at: float, receives: int, now: float, /
    ) -> bool:
        """Make an event *failed*, because its message is a dead letter."""


class OpenEventsPort(Protocol):
    """Reads of open events. Every method raises LedgerUnavailable."""

    def all(self, limit: int, /) -> Iterator[OpenEvent]:
        """Yield the open events, at most `limit` of a shard."""

    def load(self, key: str, /) -> Event | None:
        """Return an event that is still open."""


class QueuesPort(Protocol):
    """The queues. Every method raises QueueUnavailable."""

    def send(self, kind: str, message: Message, /) -> None:
        """Send an event to its kind's queue."""

    def waiting(self, kind: str, /) -> int:
        """Return about how many messages are in a kind's queue."""

    def dead_letters(self, limit: int, /) -> Sequence[DeadLetter]:
        """Return dead letters, which stay where they are."""


class Ports(NamedTuple):
    """The AWS access that sweeping needs, and the ids of dead letters that were buried before."""

    ledger: LedgerPort
    open_events: OpenEventsPort
    queues: QueuesPort
    buried: dict[str, None]


class Report(NamedTuple):
    """The result of a run; `failures` pairs each failed part of the run with its error."""

    resent: list[str]
    stuck: list[str]
    buried: list[str]
    failures: list[tuple[str, Unavailable]]


class Sweep:
    """One run. It stops between two events when `time_left` returns False."""

    def __init__(self, ports: Ports, now: float, time_left: Callable[[], bool]) -> None:
        self._ports = ports
        self._now = now
        self._time_left = time_left
        self.report = Report([], [], [], [])
        self.oldest_seconds = 0.0

    def run(self) -> None:
        """Sweep the dead letters and every kind; a failure in one does not stop the others.

        Raises LedgerUnavailable if the open events cannot be read.
        """
        with self._failure_noted("dead-letters"):
            self._bury()
        opened = self._opened()
        for kind in KINDS:
            if opened[kind]:
                with self._failure_noted(kind):
                    self._resend(kind, opened[kind])

    @contextmanager
    def _failure_noted(self, part: str) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            self.report.failures.append((part, error))

    def _bury(self) -> None:
        """Make open events *failed* if their message is a dead letter: their processor died."""
        buried = self._ports.buried
        for letter in self._ports.queues.dead_letters(MAX_DEAD_LETTERS):
            if letter.id in buried:
                continue
            message = _message(letter)
            if message and self._ports.ledger.bury(
                message.key, message.delivery_id, letter.sent_at, letter.receives, self._now
            ):
                self.report.buried.append(message.key)
            buried[letter.id] = None

    def _opened(self) -> Mapping[str, list[OpenEvent]]:
        opened: dict[str, list[OpenEvent]] = defaultdict(list)
        # The index is eventually consistent, so it may still list events that were just buried.
        buried = set(self.report.buried)
        for event in self._ports.open_events.all(MAX_OF_A_SHARD):
            if event.key not in buried:
                opened[kind_of(event.type) or event.type].append(event)
                self.oldest_seconds = max(self.oldest_seconds, self._now - event.received_at)
        return opened

    def _resend(self, kind: str, events: Sequence[OpenEvent]) -> None:
        """Send lost events again, and give up events that were sent again too often."""
        verdict = judge(events, self._ports.queues.waiting(kind), self._now)
        for event in verdict.stuck:
            if self._ports.ledger.give_up(event.key, self._now):
                self.report.stuck.append(event.key)
        for event in verdict.resend:
            if not self._time_left():
                return
            self._send(kind, event)

    def _send(self, kind: str, event: OpenEvent) -> None:
        full = self._ports.open_events.load(event.key)
        if full and self._ports.ledger.take(event.key, event.sweeps, self._now):
            self._ports.queues.send(kind, message_of(full))
            self.report.resent.append(event.key)


def _message(letter: DeadLetter) -> Message | None:
    """Return a dead letter's message; None if it is not one of ours."""
    try:
        return decode(letter.text)
    except MessageUnreadable:
        return None
