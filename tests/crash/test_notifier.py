"""Notices, with a fault at every AWS call: each is sent at least once, and in the end no more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ledger import schema
from tests.support.faults import Call, Fault, Small, World, faults_of, name_of, wired_clients, world
from tests.support.missed_calls import missed, outbound, sms, voicemail
from tests.support.people import People
from tests.support.promise import surprises

RETURNED, OTHER = "+14155550001", "+14155550002"
BODIES = (
    missed(10, "m1"),
    voicemail(12, "m2"),
    sms(13, "sms.received", from_=OTHER),
    sms(13, "sms.sent_received", from_=OTHER),
    missed(14, "m3", from_=RETURNED),
    outbound(20, to=RETURNED),
)


@contextmanager
def peopled(*, hourly: bool) -> Iterator[People]:
    """Make a world whose events are published and lie in the notifier's queue."""
    with world() as made, pytest.MonkeyPatch.context() as patched:
        people = People(made, patched, hourly=hourly)
        for body in BODIES:
            made.deliver(body, actor="first")
        made.settle()
        people.collect()
        yield people


def notify(people: People, *, hourly: bool) -> None:
    """Let queue and digest run as long as Lambda and the schedule repeat them."""
    _repeat(people.world, people.notify)
    if hourly:
        _repeat(people.world, lambda: people.digest() is not None)


def _repeat(made: World, act: Callable[[], bool]) -> None:
    for _ in range(5):
        if act():
            return
        made.clock.now += 1
    pytest.fail("it never succeeds")


def calls(*, hourly: bool) -> list[Call]:
    """Return the notifier's calls when nothing fails."""
    with peopled(hourly=hourly) as people:
        notify(people, hourly=hourly)
        return [one for one in people.world.wire.calls if one.actor in ("notifier", "digest")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "where" not in metafunc.fixturenames:
        return
    with wired_clients():
        found = [
            (hourly, one, fault)
            for hourly in (False, True)
            for one in calls(hourly=hourly)
            for fault in faults_of(one.operation)
        ]
    names = [
        f"{'hourly' if hourly else 'instant'} {one} {name_of(fault)}"
        for hourly, one, fault in found
    ]
    metafunc.parametrize(("hourly", "where", "fault"), found, ids=names)


def test_notices_are_sent_whatever_fails(hourly: bool, where: Call, fault: Fault) -> None:
    with peopled(hourly=hourly) as people:
        people.world.wire.plan[where] = fault
        notify(people, hourly=hourly)
        assert where in people.world.wire.struck
        (assert_sent_hourly if hourly else assert_sent)(people)
        before = len(people.sent)
        notify(people, hourly=hourly)
        if hourly:
            assert people.digest() == 0
        assert len(people.sent) == before, "sent again without need"
        assert surprises(people.world) == []


def assert_sent(people: People) -> None:
    """Assert that each call and text has a notice, and a text for one of its two events only."""
    ids = {one.id for one in people.sent}
    assert {"call.missed:m1", "voicemail.received:m2", "call.missed:m3"} < ids
    assert len([one for one in ids if one.startswith("sms.")]) == 1
    repeated = len(people.sent) - len(ids)
    assert repeated <= 1, "one fault repeats one notice at most"


def assert_sent_hourly(people: People) -> None:
    """Assert that the unreturned calls are in a digest, the returned one is not, and none waits."""
    text = "".join(one.text for one in people.sent)
    assert "2 missed calls, first 2026-03-12 14:10 UTC, last 2026-03-12 14:12 UTC" in text
    assert RETURNED not in text
    assert isinstance(people.world.backend, Small)
    cells = [item.get("cell", {}).get("S") for item in people.world.backend.tables.items()]
    assert schema.UNSENT not in cells


@pytest.mark.parametrize("hourly", [False, True], ids=["instant", "hourly"])
def test_without_faults_each_notice_is_sent_once(hourly: bool) -> None:
    with peopled(hourly=hourly) as people:
        notify(people, hourly=hourly)
        assert len(people.sent) == (1 if hourly else 4)
