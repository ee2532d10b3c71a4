"""Delivering, with a fault at every AWS call: what is published arrives at every destination."""

from functools import cache
from typing import Any

import pytest

from aws import clients
from deliveries import places
from deliveries.destination import BY_OPERATOR
from deliveries.directory import Directory
from tests.crash.each_call import with_each_fault
from tests.support import stack
from tests.support.faults import (
    DELIVERIES,
    Call,
    Fault,
    Small,
    World,
    died_after,
    died_before,
    world,
)
from tests.support.promise import call, key_of, sms, surprises

ACTORS = ("sender", "timer")
# Healthy, failing at its first attempt, paused at first, and of another taste.
WANTED = {
    "healthy": {key_of(sms("m1"))},
    "flaky": {key_of(sms("m1"))},
    "paused": {key_of(sms("m1"))},
    "calls": set(),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    with_each_fault(metafunc, calls)


def publish(made: World) -> None:
    """Let an event be published, for which four destinations are there."""
    for name in WANTED:
        kinds = {"kinds": frozenset({"call.*"})} if name == "calls" else {}
        made.add_destination(name, **kinds)
    Directory(clients.dynamodb, stack.physical_name("EventsTable")).pause(
        "paused", BY_OPERATOR, made.clock.now
    )
    made.deliver(sms("m1"), actor="first")
    made.settle()
    assert made.publish()


def tell(made: World) -> None:
    """Let the event be delivered, with one failure, one pause, and as many minutes as it takes."""
    answered: list[int] = []

    def fail_once() -> Any:
        answered.append(1)
        return (500, {}) if len(answered) == 1 else (200, {})

    made.receivers.answers["flaky"] = fail_once
    made.settle_deliveries(rounds=1, seconds=7)
    Directory(clients.dynamodb, stack.physical_name("EventsTable")).resume("paused")
    made.settle_deliveries(rounds=3, seconds=20)
    # A sender or a timer that died left its work to leases and visibility time-outs.
    made.settle_deliveries(rounds=6, seconds=400)


@cache
def calls() -> list[Call]:
    """Return the calls of sender and timer when nothing fails, without those of empty runs."""
    with world() as made:
        publish(made)
        tell(made)
        return [one for one in made.wire.calls if one.actor in ACTORS and one.number <= 12]


def assert_delivered(made: World) -> None:
    """Assert that everything arrived where it is wanted, with one id, and that nothing waits."""
    for name, wanted in WANTED.items():
        arrived = made.receivers.arrived[name]
        assert {one.body["data"]["event"]["key"] for one in arrived} == wanted, name
    every = [one for name in WANTED for one in made.receivers.arrived[name]]
    assert len({one.id for one in every}) == 1
    assert all(one.body in made.published() for one in every)
    waiting = [one for one in made.backend.items() if one["pk"]["S"].startswith("delivery#")]
    assert waiting == []
    assert isinstance(made.backend, Small)
    assert made.backend.lying(DELIVERIES) == []
    assert surprises(made) == []


def test_published_is_delivered_whatever_fails(where: Call, fault: Fault) -> None:
    with world() as made:
        publish(made)
        made.wire.plan[where] = fault
        tell(made)
        assert where in made.wire.struck
        assert_delivered(made)


def test_published_is_delivered_if_nothing_fails() -> None:
    """And then exactly once."""
    with world() as made:
        publish(made)
        tell(made)
        assert_delivered(made)
        assert [len(made.receivers.arrived[name]) for name in WANTED] == [1, 1, 1, 0]


@pytest.mark.parametrize("actor", ACTORS)
def test_published_is_delivered_though_four_processes_die(actor: str) -> None:
    """A message is a dead letter after five receives, so four deaths are what it must survive."""
    with world() as made:
        publish(made)
        seen: list[Call] = []

        def sometimes(one: Call) -> Fault | None:
            if one.actor == actor and one not in seen:
                seen.append(one)
            if one.actor != actor or len(seen) > 28 or len(seen) % 7:
                return None
            return died_before if len(seen) % 2 else died_after

        made.wire.standing = sometimes
        made.receivers.answer("flaky", 503)
        made.settle_deliveries(rounds=3, seconds=30)
        made.wire.standing = lambda _one: None
        tell(made)
        made.settle_deliveries(rounds=10, seconds=1000)
        assert_delivered(made)


def test_places_are_those_of_the_promise() -> None:
    """`contents` of tests/support/promise.py leaves them out; nothing else is left out with them."""
    assert places.SETTINGS == "destinations"
    assert places.STATES == "destination-states"
    assert places.partition("") == "delivery#"
    assert key_of(call()).startswith("call.")
