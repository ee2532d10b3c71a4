"""One run of the sweeper: record what died, then for each kind send again what is lost."""

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

# Read of each of the 16 shards: 32,000 events in total; alarms fire long before that.
MAX_OF_A_SHARD = 2000
MAX_DEAD_LETTERS = 500


class LedgerPort(Protocol):
    """The ledger's changes of status. Every method raises LedgerUnavailable."""

    def take(self, key: str, sweeps: int, now: float, /) -> bool:
        """Count one more sweep of an open event."""

    def give_up(self, key: str, now: float, /) -> bool:
        """Make an event *stuck*."""

    def bury(self, key: str, letter_sent_at: float, receives: int, now: float, /) -> bool:
        """Make an event *failed* whose message is a dead letter."""


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
    """All that sweeping needs of AWS, and the ids of dead letters that were buried before."""

    ledger: LedgerPort
    open_events: OpenEventsPort
    queues: QueuesPort
    buried: dict[str, None]


class Report(NamedTuple):
    """What a run did; `failures` are errors by the part of the run that they ended."""

    resent: list[str]
    stuck: list[str]
    buried: list[str]
    failures: list[tuple[str, Unavailable]]


class Sweep:
    """One run. It stops early, between events, when `time_left` says so."""

    def __init__(self, ports: Ports, now: float, time_left: Callable[[], bool]) -> None:
        self._ports = ports
        self._now = now
        self._time_left = time_left
        self.report = Report([], [], [], [])
        self.oldest_seconds = 0.0

    def run(self) -> None:
        """Go through the dead letters and all kinds; the failure of one does not stop the others.

        Raises LedgerUnavailable when the open events can't be read.
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
        """Make *failed* the events of dead letters whose processor died without a word."""
        known = self._ports.buried
        for letter in self._ports.queues.dead_letters(MAX_DEAD_LETTERS):
            if letter.id in known:
                continue
            key = _key(letter)
            if key and self._ports.ledger.bury(key, letter.sent_at, letter.receives, self._now):
                self.report.buried.append(key)
            known[letter.id] = None

    def _opened(self) -> Mapping[str, list[OpenEvent]]:
        opened: dict[str, list[OpenEvent]] = defaultdict(list)
        buried = set(self.report.buried)  # the index may still list them
        for event in self._ports.open_events.all(MAX_OF_A_SHARD):
            if event.key not in buried:
                opened[kind_of(event.type) or event.type].append(event)
                self.oldest_seconds = max(self.oldest_seconds, self._now - event.received_at)
        return opened

    def _resend(self, kind: str, events: Sequence[OpenEvent]) -> None:
        """Send again what is lost, and give up what was sent again without a result."""
        verdict = judge(events, self._ports.queues.waiting(kind), self._now)
        for event in verdict.stuck:
            if self._ports.ledger.give_up(event.key, self._now):
                self.report.stuck.append(event.key)
        for event in verdict.resend:
            if not self._time_left():
                return
            self._send(kind, event)

    def _send(self, kind: str, event: OpenEvent) -> None:
        whole = self._ports.open_events.load(event.key)
        if whole and self._ports.ledger.take(event.key, event.sweeps, self._now):
            self._ports.queues.send(kind, message_of(whole))
            self.report.resent.append(event.key)


def _key(letter: DeadLetter) -> str | None:
    """Return the key of a dead letter's event, None for poison."""
    try:
        return decode(letter.text).key
    except MessageUnreadable:
        return None
