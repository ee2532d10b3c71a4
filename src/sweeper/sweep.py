"""One run of the sweeper, kind by kind: bury what died, send again what is lost, give up the rest.

It knows no boto3; the ports below are what it needs of AWS.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from errors import MessageUnreadable, Unavailable
from justcall.catalogue import KINDS, kind_of
from justcall.event import Event
from justcall.moments import iso
from ledger.sweeping import OpenEvent, State
from messaging.backlog import DeadLetter
from messaging.message import Marker, Message, decode, message_of
from sweeper.verdict import judge

# What one run reads of a shard. Sixteen shards of so many are a backlog that nobody overlooks.
MOST_OF_A_SHARD = 2000
MOST_DEAD_LETTERS = 200


class LedgerPort(Protocol):
    """The events table. Every method raises LedgerUnavailable."""

    def open_events(self, most: int, /) -> Iterator[OpenEvent]:
        """Yield the open events, at most `most` of a shard."""

    def load(self, key: str, /) -> Event | None:
        """Return an event that is still open."""

    def take(self, event: OpenEvent, now: float, /) -> bool:
        """Note that an event is about to be sent again."""

    def give_up(self, key: str, now: float, /) -> bool:
        """Make an event *stuck*."""

    def bury(self, key: str, letter: DeadLetter, now: float, /) -> bool:
        """Make an event *failed* whose message is a dead letter."""

    def states(self) -> Mapping[str, State]:
        """Return what is known of the kinds' queues."""

    def note_state(self, kind: str, state: State, /) -> None:
        """Write what is known of a kind's queue."""


class BacklogPort(Protocol):
    """The queues as a whole. Every method raises QueueUnavailable."""

    def waiting(self, kind: str, /) -> int:
        """Return about how many messages are in a queue."""

    def send_marker(self, marker: Marker, /) -> None:
        """Send a marker."""

    def dead_letters(self, kind: str, most: int, /) -> Sequence[DeadLetter]:
        """Return dead letters, which stay where they are."""


class QueuesPort(Protocol):
    """Where events go. Raises QueueUnavailable."""

    def send(self, kind: str, message: Message, /) -> None:
        """Send an event to its kind's queue."""


class Ports(NamedTuple):
    """All that sweeping needs of AWS, and the ids of dead letters that were buried before."""

    ledger: LedgerPort
    backlog: BacklogPort
    queues: QueuesPort
    buried: dict[str, None]


class Report(NamedTuple):
    """What a run did; `oldest_seconds` is the age of the oldest event that is only received.

    `failures` are what went wrong, by kind: one kind's trouble does not keep the others waiting.
    """

    resent: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    buried: tuple[str, ...] = ()
    oldest_seconds: float = 0.0
    failures: tuple[tuple[str, Unavailable], ...] = ()


def sweep(ports: Ports, now: float, time_left: Callable[[], bool]) -> Report:
    """Take one run through all kinds; stops early, between events, when `time_left` says so.

    Raises LedgerUnavailable when the open events can't be read at all.
    """
    opened: dict[str, list[OpenEvent]] = defaultdict(list)
    for event in ports.ledger.open_events(MOST_OF_A_SHARD):
        opened[kind_of(event.type) or event.type].append(event)
    states = ports.ledger.states()
    report = Report(oldest_seconds=_oldest(opened, now))
    for kind in KINDS:
        run = _Kind(kind, ports, now, time_left)
        try:
            run.bury()
            run.resend(opened[kind], states.get(kind, State()))
        except Unavailable as error:
            report = report._replace(failures=(*report.failures, (kind, error)))
        report = run.added_to(report)
    return report


class _Kind:
    """One kind's part of a run; what it did is kept even if it breaks off."""

    def __init__(self, kind: str, ports: Ports, now: float, time_left: Callable[[], bool]) -> None:
        self._kind = kind
        self._ports = ports
        self._now = now
        self._time_left = time_left
        self._resent: list[str] = []
        self._stuck: list[str] = []
        self._buried: list[str] = []

    def bury(self) -> None:
        """Make *failed* what died as a dead letter without a word."""
        known = self._ports.buried
        for letter in self._ports.backlog.dead_letters(self._kind, MOST_DEAD_LETTERS):
            if letter.id in known:
                continue
            key = _key(letter)
            if key and self._ports.ledger.bury(key, letter, self._now):
                self._buried.append(key)
            known[letter.id] = None

    def resend(self, events: Sequence[OpenEvent], state: State) -> None:
        """Send again what is lost, and give up what was sent again in vain."""
        gone = set(self._buried)
        events = [event for event in events if event.key not in gone]
        if not events:
            return
        waiting = self._ports.backlog.waiting(self._kind)
        verdict = judge(events, waiting, state, self._now)
        for event in verdict.stuck:
            if self._ports.ledger.give_up(event.key, self._now):
                self._stuck.append(event.key)
        self._note(state, verdict.state, wants_marker=verdict.wants_marker)
        for event in verdict.resend:
            if not self._time_left():
                return
            self._send(event)

    def added_to(self, report: Report) -> Report:
        """Return the report with what this kind's part did."""
        return report._replace(
            resent=(*report.resent, *self._resent),
            stuck=(*report.stuck, *self._stuck),
            buried=(*report.buried, *self._buried),
        )

    def _note(self, before: State, after: State, *, wants_marker: bool) -> None:
        if wants_marker:
            # Written to the millisecond, so that the one that comes out is known by its time.
            self._ports.backlog.send_marker(Marker(self._kind, iso(self._now)))
            after = after._replace(marker_sent_at=self._now)
        if (after.marker_sent_at, after.in_doubt) != (before.marker_sent_at, before.in_doubt):
            self._ports.ledger.note_state(self._kind, after)

    def _send(self, event: OpenEvent) -> None:
        whole = self._ports.ledger.load(event.key)
        if whole and self._ports.ledger.take(event, self._now):
            self._ports.queues.send(self._kind, message_of(whole))
            self._resent.append(event.key)


def _oldest(opened: Mapping[str, Sequence[OpenEvent]], now: float) -> float:
    moments = [event.received_at for events in opened.values() for event in events]
    return max(now - min(moments), 0.0) if moments else 0.0


def _key(letter: DeadLetter) -> str | None:
    """Return the key of a dead letter's event, None for poison and markers."""
    try:
        message = decode(letter.text)
    except MessageUnreadable:
        return None
    return message.key if isinstance(message, Message) else None
