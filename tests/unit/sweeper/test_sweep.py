"""One run of the sweeper, on fakes: bury, judge, send again, and go on whatever fails."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from errors import LedgerUnavailable, QueueUnavailable
from justcall.event import Event
from justcall.moments import iso
from ledger.sweeping import OpenEvent, State
from messaging.backlog import DeadLetter
from messaging.message import Marker, Message, encode, encode_marker, message_of
from sweeper.sweep import MOST_DEAD_LETTERS, MOST_OF_A_SHARD, Ports, Report, sweep
from sweeper.verdict import DOUBT_SECONDS, MOST_SWEEPS, PATIENCE_SECONDS, patience

NOW = 1_773_326_400.25
CALL, TEXT = "call.completed", "sms.received"


def opened(key: str, age: float, kind: str = CALL, sweeps: int = 0) -> OpenEvent:
    return OpenEvent(key, kind, NOW - age, NOW - age, sweeps, 0)


def event(key: str, kind: str = CALL) -> Event:
    return Event("delivery", key, kind, "body-signed", "received", b"{}", "hash", NOW - 1000)


def letter(name: str, text: str) -> DeadLetter:
    return DeadLetter(name, text, 5, NOW - 500)


def dead(key: str) -> DeadLetter:
    return letter(f"letter of {key}", encode(message_of(event(key))))


class Fake:
    """Ledger, backlog and queues in one; `refuses` names the methods that refuse what."""

    def __init__(self, *events: OpenEvent, waiting: int = 0) -> None:
        self.events = events
        self.in_queue = waiting
        self.letters: dict[str, Sequence[DeadLetter]] = {}
        self.known: dict[str, State] = {}
        self.closed: set[str] = set()  # what somebody else finished while we look
        self.gone: set[str] = set()
        self.refuses: dict[str, Exception] = {}
        self.log: list[tuple[object, ...]] = []

    def ports(self, buried: dict[str, None] | None = None) -> Ports:
        return Ports(self, self, self, {} if buried is None else buried)

    def open_events(self, most: int, /) -> Iterator[OpenEvent]:
        assert most == MOST_OF_A_SHARD
        yield from self.events

    def load(self, key: str, /) -> Event | None:
        return None if key in self.gone else event(key, TEXT if key.startswith("t") else CALL)

    def take(self, event: OpenEvent, now: float, /) -> bool:
        return self._step("take", event.key, now)

    def give_up(self, key: str, now: float, /) -> bool:
        return self._step("give up", key, now)

    def bury(self, key: str, letter: DeadLetter, now: float, /) -> bool:
        assert letter.receives == 5
        return self._step("bury", key, now)

    def states(self) -> Mapping[str, State]:
        return self.known

    def note_state(self, kind: str, state: State, /) -> None:
        self.log.append(("note", kind, state))

    def waiting(self, kind: str, /) -> int:
        self._refuse("waiting", kind)
        return self.in_queue

    def send_marker(self, marker: Marker, /) -> None:
        self.log.append(("marker", marker))

    def dead_letters(self, kind: str, most: int, /) -> Sequence[DeadLetter]:
        assert most == MOST_DEAD_LETTERS
        self._refuse("dead_letters", kind)
        return self.letters.get(kind, [])

    def send(self, kind: str, message: Message, /) -> None:
        self._refuse("send", kind)
        self.log.append(("send", kind, message))

    def _step(self, name: str, key: str, now: float) -> bool:
        assert now == NOW
        if key not in self.closed:
            self.log.append((name, key))
        return key not in self.closed

    def _refuse(self, method: str, kind: str) -> None:
        if f"{method} {kind}" in self.refuses:
            raise self.refuses[f"{method} {kind}"]


def run(fake: Fake, buried: dict[str, None] | None = None, turns: int = 1000) -> Report:
    left = iter(range(turns))
    return sweep(fake.ports(buried), NOW, lambda: next(left, None) is not None)


def test_a_lost_event_is_taken_and_then_sent_whole() -> None:
    """In that order, so that nothing is sent again without a count."""
    fake = Fake(opened("a", 100))
    report = run(fake)
    assert fake.log == [("take", "a"), ("send", CALL, message_of(event("a")))]
    assert report == Report(resent=("a",), oldest_seconds=100)


def test_nothing_open_is_nothing_to_do() -> None:
    """No queue is asked about, and nothing is the oldest."""
    fake = Fake()
    fake.refuses = {f"waiting {CALL}": QueueUnavailable()}
    assert run(fake) == Report()
    assert fake.log == []


@pytest.mark.parametrize("how", ["closed", "gone"])
def test_what_was_finished_meanwhile_is_not_sent(how: str) -> None:
    """The look and the step lie apart; what happened between them counts."""
    fake = Fake(opened("a", 100), opened("b", 100))
    getattr(fake, how).add("a")
    assert run(fake).resent == ("b",)
    assert fake.log == [("take", "b"), ("send", CALL, message_of(event("b")))]


def test_the_oldest_of_all_kinds_is_told() -> None:
    """Its age alarms; a clock that is ahead of ours makes no negative age."""
    assert run(Fake(opened("a", 5), opened("t", 7, TEXT))).oldest_seconds == 7
    assert run(Fake(opened("a", -5))).oldest_seconds == 0


def test_what_died_is_buried_once() -> None:
    """Its event is failed and not sent again; what was buried before is passed over."""
    fake = Fake(opened("a", 100), opened("b", 100))
    fake.letters[CALL] = [dead("a")]
    buried: dict[str, None] = {}
    assert run(fake, buried) == Report(resent=("b",), buried=("a",), oldest_seconds=100)
    assert fake.log[0] == ("bury", "a")
    assert buried == {"letter of a": None}
    fake.log.clear()
    fake.letters[CALL] = [dead("a"), dead("c")]
    assert run(fake, buried).buried == ("c",)
    assert ("bury", "a") not in fake.log


def test_a_letter_of_a_finished_event_is_remembered_too() -> None:
    """It is looked at once, and its event is not told as buried."""
    fake = Fake(opened("a", 100))
    fake.letters[CALL] = [dead("b")]
    fake.closed.add("b")
    buried: dict[str, None] = {}
    assert run(fake, buried).buried == ()
    assert buried == {"letter of b": None}


@pytest.mark.parametrize("text", ["nonsense", encode_marker(Marker(CALL, iso(NOW)))])
def test_dead_letters_of_no_event_are_passed_over(text: str) -> None:
    """Poison and markers bury nothing, and do not stand before what lies behind them."""
    fake = Fake()
    fake.letters[CALL] = [letter("x", text), dead("a")]
    assert run(fake).buried == ("a",)
    assert fake.log == [("bury", "a")]


def test_in_vain_so_often_is_stuck() -> None:
    """It is given up, unless somebody finished it meanwhile, and never sent once more."""
    ages = [patience(MOST_SWEEPS) + 1] * 2
    fake = Fake(
        *(opened(key, age, sweeps=MOST_SWEEPS) for key, age in zip("ab", ages, strict=True))
    )
    fake.closed.add("b")
    assert run(fake)[:2] == ((), ("a",))
    assert fake.log == [("give up", "a")]


def test_a_busy_queue_gets_a_marker_that_is_noted() -> None:
    """By its time to the millisecond, so that it is known when it comes out."""
    fake = Fake(opened("a", 100), waiting=5)
    assert run(fake).resent == ()
    assert fake.log == [
        ("marker", Marker(CALL, iso(NOW))),
        ("note", CALL, State(marker_sent_at=NOW)),
    ]


def test_what_is_known_from_before_counts() -> None:
    """A marker is out: no other is sent, and nothing new is noted."""
    fake = Fake(opened("a", 100), waiting=5)
    fake.known[CALL] = State(marker_sent_at=NOW - 30)
    run(fake)
    assert fake.log == []


def test_doubts_are_noted() -> None:
    """How many were sent again without proof is known to the next run."""
    fake = Fake(opened("a", DOUBT_SECONDS), waiting=5)
    fake.known[CALL] = State(marker_sent_at=NOW - 30)
    assert run(fake).resent == ("a",)
    assert fake.log[0] == ("note", CALL, State(marker_sent_at=NOW - 30, in_doubt=1))


def test_time_ends_a_run_between_events() -> None:
    """What is left over is for the next run."""
    fake = Fake(opened("a", 200), opened("b", 150), opened("t", 100, TEXT))
    assert run(fake, turns=1).resent == ("a",)


def test_one_kinds_trouble_is_told_and_stops_no_other() -> None:
    """What was done before it is in the report."""
    fake = Fake(opened("a", 200), opened("b", 150), opened("t", 100, TEXT))
    trouble, other = QueueUnavailable(), LedgerUnavailable()
    fake.refuses = {f"send {CALL}": trouble, "dead_letters sms.sent": other}
    report = run(fake)
    assert report.resent == ("t",)
    assert report.failures == ((CALL, trouble), ("sms.sent", other))
    assert [line[0] for line in fake.log] == ["take", "take", "send"]


def test_what_was_done_before_the_trouble_is_told() -> None:
    """An event that was buried is buried, though its queue can't be counted."""
    fake = Fake(opened("a", PATIENCE_SECONDS))
    fake.letters[CALL] = [dead("c")]
    fake.refuses = {f"waiting {CALL}": QueueUnavailable()}
    report = run(fake)
    assert (report.buried, len(report.failures)) == (("c",), 1)


@pytest.mark.parametrize("event_type", ["whatsapp.message_received", "sms.sent_received"])
def test_a_type_is_swept_with_its_kind(event_type: str) -> None:
    """Several types share a queue; what is lost of each goes there."""
    fake = Fake(opened("t1", PATIENCE_SECONDS, event_type))
    assert sweep(fake.ports(), NOW, lambda: True).resent == ("t1",)
    assert [entry[1] for entry in fake.log if entry[0] == "send"] == [TEXT]
