"""The publisher: everything that became processed reaches the bus, whatever fails on the way."""

from typing import Any

import pytest

from justcall.envelope import URL_SIGNED
from tests.support.faults import Small, World
from tests.support.promise import call, key_of, sms, update
from tests.unit.conftest import Written


def keys(world: World) -> list[str]:
    return [one["data"]["event"]["key"] for one in world.published()]


def small(world: World) -> Small:
    assert isinstance(world.backend, Small)
    return world.backend


def test_only_processed_events_are_published(deployed: World) -> None:
    deployed.deliver(call())
    assert deployed.publish()
    assert deployed.published() == []
    deployed.settle()
    assert deployed.publish()
    assert keys(deployed) == [key_of(call())]


def test_duplicate_is_not_published_again(deployed: World) -> None:
    for _ in range(2):
        deployed.deliver(call())
        deployed.settle()
        assert deployed.publish()
    assert keys(deployed) == [key_of(call())]


def test_refused_entry_is_published_with_the_next_attempt(
    deployed: World, written: Written
) -> None:
    """PutEvents answers 200 although an entry failed. A batch with a failed record comes again."""
    bodies = [call("c1"), call("c2"), sms("m1")]
    for one in bodies:
        deployed.deliver(one)
    deployed.settle()
    bus = small(deployed).bus
    bus.refuses = lambda entry: '"call.completed:c2"' in entry["Detail"]
    written.text()
    assert not deployed.publish()
    assert set(keys(deployed)) == {key_of(bodies[0]), key_of(bodies[2])}
    failed = [line for line in written.logs() if line["message"] == "not published"]
    assert [(one["event_key"], one["reason"]) for one in failed] == [
        (key_of(bodies[1]), "bus-refused-event")
    ]
    bus.refuses = lambda _entry: False
    assert deployed.publish()
    assert set(keys(deployed)) == set(map(key_of, bodies))


def test_item_that_cannot_be_published_does_not_stop_the_others(deployed: World) -> None:
    """Its batch fails, so that Lambda bisects; the others are on the bus."""
    for one in (call("c1"), call("c2")):
        deployed.deliver(one)
    deployed.settle()
    broken: Any = small(deployed).tables.stream
    for record in broken:
        if (
            "c1" in record["dynamodb"]["Keys"]["pk"]["S"]
            and "entry" in record["dynamodb"]["NewImage"]
        ):
            record["dynamodb"]["NewImage"] |= {"entry": {"B": "AAAA"}}
    assert not deployed.publish()
    assert keys(deployed) == [key_of(call("c2"))]


def test_more_than_ten_events_take_several_requests(deployed: World) -> None:
    """PutEvents takes ten entries."""
    for number in range(23):
        deployed.deliver(sms(f"m{number}"))
    for _ in range(3):
        deployed.settle()
    assert deployed.publish()
    assert len(set(keys(deployed))) == 23
    puts = [one for one in deployed.wire.calls if one.operation == "PutEvents"]
    assert len(puts) == 3


def test_large_events_take_several_requests(deployed: World) -> None:
    """All entries of one request may have 256 KB."""
    for number in range(4):
        deployed.deliver(sms(f"m{number}", body="x" * 60_000))
    deployed.settle()
    assert deployed.publish()
    assert len(set(keys(deployed))) == 4


def test_replayed_event_is_published_with_a_higher_revision(deployed: World) -> None:
    """Consumers take the highest revision, and the replay may have found more."""
    from aws import clients  # noqa: PLC0415
    from ledger.events import Ledger  # noqa: PLC0415
    from tests.support import stack  # noqa: PLC0415

    deployed.deliver(call())
    deployed.settle()
    assert deployed.publish()
    ledger = Ledger(clients.dynamodb, stack.physical_name("EventsTable"), 400)
    assert ledger.reopen(key_of(call()), "processed", deployed.clock.now)
    deployed.clock.now += 1000
    deployed.settle()
    assert deployed.publish()
    revisions = [one["data"]["call"]["revision"] for one in deployed.published()]
    assert revisions == [1, 3]
    assert len({one["id"] for one in deployed.published()}) == 2


def test_call_of_too_many_events_is_published_without_the_whole(
    deployed: World, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    monkeypatch.setattr("ledger.members.MAX_MEMBERS", 3)
    for number in range(4):
        deployed.deliver(update("c1", notes=f"note {number}"))
        deployed.settle()
        assert deployed.publish()
    assert [len(one["data"].get("call", {}).get("events", ())) for one in deployed.published()] == [
        1, 2, 3, 0,
    ]  # fmt: skip
    warned = [line for line in written.logs() if "without its call" in line["message"]]
    assert len(warned) == 1


def test_logs_and_metrics_hold_keys_and_no_content(deployed: World, written: Written) -> None:
    deployed.deliver(call())
    deployed.settle()
    written.text()
    assert deployed.publish()
    text = written.text()
    assert key_of(call()) in text
    assert "+1415555" not in text
    assert "Jordan" not in text
    assert '"Published":[1.0]' in text.replace(" ", "")


def test_event_taken_over_is_published_with_a_higher_revision(deployed: World) -> None:
    """A body-signed delivery replaces the url-signed one with other content under its key."""
    body, better = call("c1", duration=1), call("c1", duration=185)
    deployed.deliver(body, dialect=URL_SIGNED)
    deployed.settle()
    assert deployed.publish()
    deployed.deliver(better)
    deployed.settle()
    assert deployed.publish()
    calls = [one["data"]["call"] for one in deployed.published()]
    assert [(one["revision"], one["duration_seconds"]) for one in calls] == [(1, 1), (3, 185)]
