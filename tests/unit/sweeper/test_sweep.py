"""The sweeper's runs on the small AWS: bury, judge, send again, and go on whatever fails."""

import random
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from aws import clients
from errors import LedgerUnavailable, QueueUnavailable
from ledger.events import DIED, Ledger
from ledger.sweeping import OpenEvents
from messaging.message import decode
from sweeper import app
from sweeper.sweep import MAX_DEAD_LETTERS, Sweep
from sweeper.verdict import DOUBT_SECONDS, MAX_SWEEPS, PATIENCE_SECONDS, patience
from tests.support import samples, stack
from tests.support.faults import Attempt, Call, Fault, World, queue_url, throttled
from tests.support.promise import call, contents, key_of, sms
from tests.unit.conftest import Written

KIND, SMS = "call.completed", "sms.received"
KEY = key_of(call())
NOTHING = {"resent": 0, "stuck": 0, "buried": 0}


def lose(deployed: World, *bodies: bytes) -> None:
    """Deliver what is kept and never sent."""
    deployed.wire.standing = lambda one: throttled if one.operation == "SendMessage" else None
    for body in bodies:
        assert deployed.deliver(body).status == 503
    deployed.wire.standing = lambda _call: None


def later(deployed: World, seconds: float) -> dict[str, Any] | None:
    """Let time go on, and the sweeper run."""
    deployed.clock.now += seconds
    return deployed.sweep()


def item(deployed: World, key: str = KEY) -> dict[str, Any]:
    """Return a ledger item in Python's types."""
    raw = contents(deployed.backend.items()).ledger[key]
    return {name: next(iter(value.values())) for name, value in raw.items()}


def bury(deployed: World, text: str | None = None) -> None:
    """Put a text into the dead-letter queue, or the one message of the kind's queue."""
    if text is None:
        [message] = deployed.backend.receive(KIND)
        deployed.backend.delete(KIND, message)
        text = message["Body"]
    clients.sqs().send_message(QueueUrl=queue_url(KIND, dead=True), MessageBody=text)


def done(number: int, what: str = "resent") -> dict[str, int]:
    return NOTHING | {what: number}


# ------------------------------------------------------------ lost events


def test_lost_event_is_sent_again_and_processed(deployed: World) -> None:
    lose(deployed, call())
    assert later(deployed, PATIENCE_SECONDS - 1) == NOTHING
    assert later(deployed, 1) == done(1)
    deployed.poll(KIND)
    assert item(deployed)["status"] == "processed"
    assert later(deployed, 10_000) == NOTHING


def test_large_body_is_sent_again_whole(deployed: World) -> None:
    """Its parts are put together; the evidence of a conflict beside them is no part of it."""
    # Large in a world: several parts, and still a message with the body.
    noise = random.Random(1).randbytes(2_300).hex()  # noqa: S311  # no secret
    lose(deployed, call(notes=noise))
    rows = [one["sk"]["S"] for one in deployed.backend.items()]
    assert sum(row.startswith("part#") for row in rows) > 1
    assert deployed.deliver(call(notes="conflict"), dialect="url-signed").word == "conflict"
    assert later(deployed, PATIENCE_SECONDS) == done(1)
    [message] = deployed.backend.receive(KIND)
    assert decode(message["Body"]).body == call(notes=noise).decode()


def test_event_that_waits_is_not_sent_again(deployed: World) -> None:
    deployed.deliver(call())
    assert later(deployed, DOUBT_SECONDS - 1) == NOTHING
    assert deployed.backend.queued(KIND) == 1


def test_lost_event_in_a_busy_queue_is_sent_again(deployed: World) -> None:
    lose(deployed, call())
    for number in range(3):
        deployed.deliver(call(f"waiting{number}"))
    deployed.clock.now += DOUBT_SECONDS
    deployed.sweep()
    sent = [one["Body"] for one in deployed.backend.receive(KIND)]
    assert KEY in [decode(text).key for text in sent]


def test_backlog_is_not_amplified(deployed: World) -> None:
    """100 events wait for an hour: at most ten of them are sent again."""
    for number in range(100):
        deployed.deliver(call(f"c{number}"))
    for _ in range(12):
        later(deployed, 300)
    ledger = contents(deployed.backend.items()).ledger.values()
    assert sum("sweeps" in one for one in ledger) == 10


def test_event_is_stuck_after_eight_sweeps_without_a_result(deployed: World) -> None:
    lose(deployed, call())
    for sweeps in range(MAX_SWEEPS):
        assert later(deployed, patience(sweeps)) == done(1)
        [message] = deployed.backend.receive(KIND)
        deployed.backend.delete(KIND, message)  # lost once more
    assert later(deployed, patience(MAX_SWEEPS) - 1) == NOTHING
    assert later(deployed, 1) == done(1, "stuck")
    assert (item(deployed)["status"], item(deployed)["sweeps"]) == ("stuck", str(MAX_SWEEPS))
    assert later(deployed, 100_000) == NOTHING


def test_event_that_is_finished_while_the_sweeper_looks_is_not_sent(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is old by the time of the look, and the look by the time of the step."""
    lose(deployed, call(), call("other"))
    listed = list(OpenEvents(clients.dynamodb, stack.physical_name("EventsTable")).all(10))
    monkeypatch.setattr(OpenEvents, "all", lambda *_: iter(listed))
    assert later(deployed, PATIENCE_SECONDS) == done(2)
    deployed.poll_all()
    assert later(deployed, PATIENCE_SECONDS) == NOTHING


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (samples.body(samples.SMS_OPTOUT), "consent.changed"),
        (samples.body(samples.SMS_DELIVERED), "message.status"),
    ],
)
def test_type_is_sent_to_the_queue_of_its_kind(deployed: World, body: bytes, kind: str) -> None:
    lose(deployed, body)
    assert later(deployed, PATIENCE_SECONDS) == done(1)
    assert deployed.backend.queued(kind) == 1


def test_run_stops_between_events_when_its_time_ends(deployed: World) -> None:
    lose(deployed, call(), call("second"), sms())
    deployed.clock.now += PATIENCE_SECONDS
    left = iter([True, False, False])

    def sweep() -> Sweep:
        run = Sweep(app._ports(), deployed.clock.now, lambda: next(left))
        run.run()
        return run

    assert len(deployed.invoke("sweeper", sweep).report.resent) == 1
    deployed.poll_all()
    assert deployed.sweep() == done(2)


def test_closed_events_are_not_read(deployed: World) -> None:
    """Processed, failed, unhandled and quarantined events cost the sweeper nothing."""
    deployed.deliver(call())
    deployed.deliver(sms(direction="sideways"))
    deployed.deliver(b'{"event": "call.teleported", "data": {"id": 1}}')
    deployed.deliver(b"{")
    deployed.poll_all()
    ports = deployed.invoke("sweeper", app._ports)
    assert [one.key for one in ports.open_events.all(100)] == []


# ------------------------------------------------------------ dead letters


def test_event_whose_processor_died_is_failed(deployed: World) -> None:
    """The processor wrote nothing; the dead letter stays for a person to look at."""
    deployed.deliver(call())
    bury(deployed)
    assert later(deployed, 1000) == done(1, "buried")
    assert (item(deployed)["status"], item(deployed)["error"]) == ("failed", DIED)
    assert deployed.backend.queued(KIND, dead=True) == 1


def test_buried_event_is_not_sent_again_by_the_run_that_buried_it(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index may still list it as open."""
    deployed.deliver(call())
    listed = list(OpenEvents(clients.dynamodb, stack.physical_name("EventsTable")).all(10))
    bury(deployed)
    monkeypatch.setattr(OpenEvents, "all", lambda *_: iter(listed))
    assert later(deployed, 1000) == done(1, "buried")
    assert deployed.errors == []


def test_buried_letters_are_remembered(deployed: World) -> None:
    """A sweeper looks at each once while its process lives; a new one finds nothing to bury."""
    deployed.deliver(call())
    bury(deployed)
    bury(deployed, "poison")

    def updates() -> int:
        return sum(one.operation == "UpdateItem" for one in deployed.wire.calls)

    assert later(deployed, 1) == done(1, "buried")
    before = updates()
    assert later(deployed, 1) == NOTHING
    assert updates() == before
    deployed.clock.now += 1
    assert deployed.sweep(actor="a new process") == NOTHING
    assert item(deployed)["status"] == "failed"


def test_memory_of_letters_is_bounded(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_REMEMBERED", 2)
    for number in range(3):
        bury(deployed, f"poison {number}")
    later(deployed, 1)
    assert len(deployed.invoke("sweeper", app._ports).buried) == 3
    bury(deployed, "one more")
    later(deployed, 1)
    assert len(deployed.invoke("sweeper", app._ports).buried) == 4
    assert later(deployed, 1) == NOTHING


def test_old_dead_letter_does_not_bury_an_event_that_was_replayed(deployed: World) -> None:
    """The letter of the first message still lies there, and a new sweeper finds it."""
    deployed.deliver(call())
    bury(deployed)
    later(deployed, 1)
    deployed.clock.now += 600
    ports = deployed.invoke("sweeper", app._ports)
    assert ports.ledger.reopen(KEY, "failed", deployed.clock.now)
    assert deployed.sweep(actor="a new process") == NOTHING
    assert item(deployed)["status"] == "received"


def test_poison_and_letters_of_finished_events_are_passed_over(deployed: World) -> None:
    deployed.deliver(call())
    [message] = deployed.backend.receive(KIND)
    deployed.work(KIND, [message])
    deployed.deliver(call("dead"))
    for text in ("poison", "[]", '{"key": 1}', message["Body"], message["Body"].replace("c1", "x")):
        bury(deployed, text)
    bury(deployed)
    assert later(deployed, 1) == done(1, "buried")
    assert item(deployed)["status"] == "processed"
    assert item(deployed, key_of(call("dead")))["error"] == DIED


def test_run_looks_at_a_limited_number_of_dead_letters(deployed: World) -> None:
    for number in range(MAX_DEAD_LETTERS + 20):
        bury(deployed, f"poison {number}")
    later(deployed, 1)
    assert len(deployed.invoke("sweeper", app._ports).buried) == MAX_DEAD_LETTERS


# ------------------------------------------------------------ failures


def refuse(word: str) -> Fault:
    """Return a fault of calls that name something, such as a queue."""

    def fault(attempt: Attempt) -> AWSResponse:
        body: Any = attempt.request.body
        return throttled(attempt) if word.encode() in body else attempt.takes_effect()

    return fault


TROUBLES = {
    "its queue cannot be counted": ("GetQueueAttributes", "events-call_completed"),
    "its queue refuses": ("SendMessage", "events-call_completed"),
    "its event cannot be changed": ("UpdateItem", KEY),
    "its event cannot be read": ("Query", KEY),
    "dead letters cannot be read": ("GetQueueAttributes", "dead-letters"),
}


@pytest.mark.parametrize(("operation", "word"), TROUBLES.values(), ids=TROUBLES)
def test_failure_of_one_kind_does_not_stop_others(
    deployed: World, operation: str, word: str
) -> None:
    """It is raised at the end, so that the function's errors alarm, and the next run goes on."""
    lose(deployed, call(), sms())

    def standing(one: Call) -> Fault | None:
        return refuse(word) if one.operation == operation else None

    deployed.wire.standing = standing
    deployed.errors.clear()
    assert later(deployed, PATIENCE_SECONDS) is None
    assert [type(error) for error in deployed.errors] in ([QueueUnavailable], [LedgerUnavailable])
    assert deployed.backend.queued(SMS) == 1
    deployed.wire.standing = lambda _call: None
    later(deployed, patience(1))
    deployed.poll_all()
    assert item(deployed)["status"] == "processed"


def test_open_events_that_cannot_be_read_fail_the_run(deployed: World) -> None:
    deployed.wire.standing = lambda one: throttled if one.operation == "Query" else None
    assert deployed.sweep() is None
    [error] = deployed.errors
    assert isinstance(error, LedgerUnavailable)


# ------------------------------------------------------------ what a run tells


def test_run_counts_what_it_did_and_tells_the_oldest_age(deployed: World, written: Written) -> None:
    """A lost, a hopeless and a dead event."""
    lose(deployed, call("lost"), call("hopeless"))
    table = Ledger(clients.dynamodb, stack.physical_name("EventsTable"), 1)
    for sweeps in range(MAX_SWEEPS):
        table.take(key_of(call("hopeless")), sweeps, deployed.clock.now)
    deployed.deliver(sms())
    [message] = deployed.backend.receive(SMS)
    deployed.backend.delete(SMS, message)
    bury(deployed, message["Body"])
    written.text()
    assert later(deployed, 90_000) == {"resent": 1, "stuck": 1, "buried": 1}
    found: dict[str, Any] = {}
    for line in written.lines():
        found |= line
    assert {found[name][0] for name in ("Resent", "Stuck", "Buried")} == {1}
    assert found["OldestReceivedAge"][0] == pytest.approx(90_000_000, rel=0.01)  # ms
