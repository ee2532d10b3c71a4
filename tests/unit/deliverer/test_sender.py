"""Published events reach every destination that wants them, however often destinations fail."""

import json
from typing import Any

import pytest

from aws import clients
from deliveries import backoff, places
from deliveries.directory import Directory
from tests.support import stack
from tests.support.faults import DELIVERIES, START, Small, World
from tests.support.promise import call, key_of, sms
from tests.unit.conftest import Written

TABLE = stack.physical_name("EventsTable")


def published(world: World, *bodies: bytes) -> None:
    """Let events be received, processed and published."""
    for one in bodies:
        world.deliver(one)
    for _ in range(3):
        world.settle()
    assert world.publish()
    world.route()


def keys(world: World, name: str) -> list[str]:
    return [one.body["data"]["event"]["key"] for one in world.receivers.arrived[name]]


def items(world: World, name: str) -> list[Any]:
    return [one for one in world.backend.items() if one["pk"]["S"] == places.partition(name)]


def state(world: World, name: str) -> Any:
    found = [one for one in world.backend.items() if one["pk"]["S"] == places.STATES]
    return next((one for one in found if one["sk"]["S"] == name), {})


def small(world: World) -> Small:
    assert isinstance(world.backend, Small)
    return world.backend


def drain(world: World) -> None:
    while world.send_deliveries():
        pass


def test_event_reaches_every_destination_that_wants_it(deployed: World) -> None:
    deployed.add_destination("all")
    deployed.add_destination("texts", kinds=frozenset({"sms.*"}))
    deployed.add_destination("nobody", kinds=frozenset({"contact.created"}))
    published(deployed, call(), sms())
    drain(deployed)
    assert sorted(keys(deployed, "all")) == sorted([key_of(call()), key_of(sms())])
    assert keys(deployed, "texts") == [key_of(sms())]
    assert keys(deployed, "nobody") == []
    assert items(deployed, "all") == []
    [first, *_] = deployed.receivers.arrived["all"]
    assert first.body in deployed.published()


def test_without_destinations_nothing_is_sent(deployed: World) -> None:
    published(deployed, call())
    drain(deployed)
    assert deployed.receivers.asked == []
    assert small(deployed).queues.lying[f"{stack.STACK}-deliveries-dead-letters"] == []


def test_messages_of_a_destination_are_its_group(deployed: World) -> None:
    """SQS serves groups fairly."""
    deployed.add_destination("crm")
    published(deployed, call())
    deployed.send_deliveries(most=1)
    lying = small(deployed).lying(DELIVERIES)
    assert [one.group for one in lying] == ["crm"]


def test_failed_delivery_is_tried_again_with_the_same_id(deployed: World) -> None:
    deployed.add_destination("crm")
    seen: list[float] = []

    def fail() -> Any:
        seen.append(deployed.clock.now)
        return 500, {}

    deployed.receivers.answers["crm"] = fail
    published(deployed, call())
    drain(deployed)
    [kept] = items(deployed, "crm")
    assert kept["error"] == {"S": "status-500"}
    deployed.clock.now += 7
    drain(deployed)
    assert len(seen) == 2
    deployed.receivers.mend("crm")
    deployed.clock.now += 40
    drain(deployed)
    [arrived] = deployed.receivers.arrived["crm"]
    assert arrived.id == kept["sk"]["S"]
    assert items(deployed, "crm") == []
    assert "failing_since" not in state(deployed, "crm")


def test_dead_destination_is_tried_for_two_days_and_then_given_up(deployed: World) -> None:
    deployed.add_destination("crm")
    deployed.receivers.break_down("crm")
    published(deployed, call())
    deployed.settle_deliveries(rounds=320, seconds=600)
    [kept] = items(deployed, "crm")
    assert kept["cell"] == {"S": places.failed("crm")}
    assert kept["attempts"] == {"N": str(backoff.MAX_ATTEMPTS)}
    assert len(deployed.receivers.asked) == backoff.MAX_ATTEMPTS
    deployed.receivers.mend("crm")
    deployed.settle_deliveries(rounds=100)
    assert keys(deployed, "crm") == []


def test_every_event_of_an_outage_arrives_after_it(deployed: World) -> None:
    deployed.add_destination("crm")
    deployed.receivers.break_down("crm")
    bodies = [sms(f"m{number}") for number in range(40)]
    for one in bodies:
        published(deployed, one)
        deployed.settle_deliveries(rounds=3)
    assert keys(deployed, "crm") == []
    deployed.receivers.mend("crm")
    deployed.settle_deliveries(rounds=30)
    # Those that were tried and failed several times wait for their next attempt.
    deployed.settle_deliveries(rounds=60, seconds=3600)
    assert sorted(set(keys(deployed, "crm"))) == sorted(map(key_of, bodies))
    assert items(deployed, "crm") == []


def test_dead_destination_costs_few_attempts(deployed: World) -> None:
    """After five failures one delivery at a time tries it; the others wait without an attempt."""
    deployed.add_destination("crm")
    deployed.receivers.break_down("crm")
    published(deployed, *(sms(f"m{number}") for number in range(40)))
    deployed.settle_deliveries(rounds=10)
    assert len(deployed.receivers.asked) < 5 + 10 + 10
    assert len(items(deployed, "crm")) == 40


def test_one_dead_destination_delays_none_of_nine(deployed: World) -> None:
    healthy = [f"good-{number}" for number in range(9)]
    for name in ("dead", *healthy):
        deployed.add_destination(name)
    deployed.receivers.break_down("dead")
    bodies = [sms(f"m{number}") for number in range(30)]
    started = deployed.clock.now
    published(deployed, *bodies)
    published_at = deployed.clock.now
    drain(deployed)
    for name in healthy:
        assert len(keys(deployed, name)) == len(bodies)
        assert max(one.at for one in deployed.receivers.arrived[name]) - published_at < 5
    assert deployed.clock.now - started < 1000
    assert deployed.receivers.asked.count("dead") <= 6


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), ("Thu, 12 Mar 2026 15:40:01 GMT", 3590)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_respected_by_all_deliveries(
    deployed: World, value: str, seconds: int, status: int
) -> None:
    deployed.add_destination("crm")
    deployed.receivers.answer("crm", status, retry_after=value)
    published(deployed, sms("m1"))
    drain(deployed)
    asked = len(deployed.receivers.asked)
    assert asked == 1
    deployed.receivers.mend("crm")
    published(deployed, sms("m2"))
    while deployed.clock.now + 65 < START + seconds:
        deployed.settle_deliveries(rounds=1, seconds=30)
        assert len(deployed.receivers.asked) == asked
    deployed.settle_deliveries(rounds=12)
    assert sorted(keys(deployed, "crm")) == sorted([key_of(sms("m1")), key_of(sms("m2"))])


def test_retry_after_of_other_answers_is_not(deployed: World) -> None:
    deployed.add_destination("crm")
    deployed.receivers.answer("crm", 500, retry_after="3600")
    published(deployed, sms("m1"))
    drain(deployed)
    deployed.receivers.mend("crm")
    deployed.clock.now += 10
    drain(deployed)
    assert keys(deployed, "crm") == [key_of(sms("m1"))]


def test_gone_pauses_the_destination_and_loses_nothing(deployed: World) -> None:
    deployed.add_destination("crm")
    deployed.receivers.answer("crm", 410)
    published(deployed, sms("m1"))
    drain(deployed)
    assert state(deployed, "crm")["paused"] == {"S": "gone"}
    deployed.receivers.mend("crm")
    published(deployed, sms("m2"))
    deployed.settle_deliveries(rounds=60)
    assert deployed.receivers.asked == ["crm"]
    Directory(clients.dynamodb, TABLE).resume("crm")
    deployed.settle_deliveries(rounds=5)
    assert sorted(keys(deployed, "crm")) == sorted([key_of(sms("m1")), key_of(sms("m2"))])


def test_pause_takes_effect_within_a_minute(deployed: World) -> None:
    deployed.add_destination("crm")
    published(deployed, sms("m1"))
    drain(deployed)
    Directory(clients.dynamodb, TABLE).pause("crm", "paused", deployed.clock.now)
    deployed.clock.now += 60
    published(deployed, sms("m2"))
    drain(deployed)
    assert keys(deployed, "crm") == [key_of(sms("m1"))]


def test_new_destination_gets_events_within_a_minute(deployed: World) -> None:
    deployed.add_destination("first")
    published(deployed, sms("m1"))
    drain(deployed)
    deployed.add_destination("second")
    deployed.clock.now += 60
    published(deployed, sms("m2"))
    drain(deployed)
    assert keys(deployed, "second") == [key_of(sms("m2"))]


def test_delivery_for_a_removed_destination_is_dropped(deployed: World) -> None:
    deployed.add_destination("crm")
    published(deployed, sms("m1"))
    deployed.send_deliveries(most=1)
    small(deployed).tables.remove(places.SETTINGS, "crm")
    deployed.clock.now += 60
    drain(deployed)
    assert deployed.receivers.asked == []
    assert small(deployed).lying(DELIVERIES) == []


def test_redirect_is_a_failure_that_is_named(deployed: World) -> None:
    deployed.add_destination("crm")
    deployed.receivers.answer("crm", 302, location="https://elsewhere.example/")
    published(deployed, sms("m1"))
    drain(deployed)
    assert items(deployed, "crm")[0]["error"] == {"S": "redirected"}


def test_destination_without_a_secret_gets_nothing_unsigned(deployed: World) -> None:
    deployed.add_destination("crm")
    small(deployed).delivery_secrets = "{}"
    published(deployed, sms("m1"))
    drain(deployed)
    assert deployed.receivers.asked == []
    assert items(deployed, "crm")[0]["error"] == {"S": "no-secret"}


def test_counts_of_the_day_are_kept(deployed: World) -> None:
    deployed.add_destination("crm")
    published(deployed, sms("m1"), sms("m2"))
    drain(deployed)
    deployed.receivers.answer("crm", 500)
    published(deployed, sms("m3"))
    drain(deployed)
    [counts] = [one for one in deployed.backend.items() if one["sk"]["S"] == "crm#2026-03-12"]
    assert (counts["delivered"], counts["failed"]) == ({"N": "2"}, {"N": "1"})


def test_unreadable_message_becomes_a_dead_letter_and_stops_nobody(deployed: World) -> None:
    deployed.add_destination("crm")
    queues = small(deployed).queues
    queues.SendMessage({"QueueUrl": DELIVERIES, "MessageBody": "{"})
    published(deployed, sms("m1"))
    drain(deployed)
    assert keys(deployed, "crm") == [key_of(sms("m1"))]
    assert len(queues.lying[f"{stack.STACK}-deliveries-dead-letters"]) == 1


def test_logs_and_metrics_name_the_destination_and_no_content(
    deployed: World, written: Written
) -> None:
    deployed.add_destination("crm")
    deployed.receivers.answer("crm", 500)
    published(deployed, call())
    written.text()
    drain(deployed)
    deployed.receivers.mend("crm")
    deployed.clock.now += 10
    drain(deployed)
    text = written.text()
    assert key_of(call()) in text
    assert "+1415555" not in text
    assert "Jordan" not in text
    assert "crm.example" not in text
    assert "whsec_" not in text
    metrics = [json.loads(line) for line in text.splitlines() if '"destination"' in line]
    assert [one["destination"] for one in metrics if "Delivered" in one] == ["crm"]
    assert [one["destination"] for one in metrics if "DeliveryFailed" in one] == ["crm"]
