"""What was stored but never sent, is sent again; what died is written down."""

import random
import time
from typing import Any

import pytest

from errors import LedgerUnavailable, QueueUnavailable
from handler.app import handler
from justcall.catalogue import KINDS
from ledger.sweeping import DIED, OpenEvent, State, SweepLedger
from messaging.backlog import DeadLetter
from messaging.message import Marker, decode
from sweeper import app, sweep
from sweeper.verdict import MOST_SWEEPS, PATIENCE_SECONDS, patience
from tests.support import samples, stack
from tests.support.cloud import Cloud
from tests.support.deliveries import request
from tests.support.fakes import aws_error

KIND = "call.completed"
BODY = samples.body(samples.CALL_COMPLETED)
KEY = "call.completed:call_8f3a2b1c"


@pytest.fixture
def lost(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the key of an event that was kept, and whose send never happened."""
    with monkeypatch.context() as patched:
        patched.setattr("messaging.queues.Queues.send", fail)
        assert handler(request(BODY), None)["statusCode"] == 503
    return KEY


def fail(*_: object) -> None:
    raise QueueUnavailable


def ports() -> sweep.Ports:
    return app._ports()


def run(later: float = PATIENCE_SECONDS) -> sweep.Report:
    """Let the sweeper run, so many seconds from now."""
    return sweep.sweep(ports(), time.time() + later, lambda: True)


def test_a_lost_event_is_sent_again(cloud: Cloud, lost: str) -> None:
    """After its patience, with its whole body; then it is processed like any other."""
    assert run(PATIENCE_SECONDS - 1).resent == ()
    assert run().resent == (lost,)
    cloud.poll(KIND)
    assert cloud.ledger(lost)["status"] == "processed"
    assert len(cloud.timeline("+14155559876")) == 1
    assert run(10_000).resent == ()


def test_what_is_waiting_is_not_sent_again(cloud: Cloud) -> None:
    """An event in its queue is left there; the marker that was sent comes out behind it."""
    handler(request(BODY), None)
    for minute in (2, 3, 4):
        assert run(60.0 * minute).resent == ()
    texts = [one["body"] for one in cloud.receive(KIND)]
    assert [type(decode(text)).__name__ for text in texts] == ["Message", "Marker"]


def test_a_lost_event_in_a_busy_queue_is_sent_again(cloud: Cloud, lost: str) -> None:
    """A marker that came out proves that it is lost, though the queue is never empty."""
    fill(cloud, 3)
    assert run().resent == ()
    cloud.poll(KIND)
    fill(cloud, 3)
    for one in ports().ledger.open_events(10):
        if one.key != lost:  # as if they had come just now
            assert ports().ledger.take(one, time.time() + PATIENCE_SECONDS)
    assert run(PATIENCE_SECONDS + 60).resent == (lost,)


def test_it_is_sent_again_though_no_marker_comes_out(cloud: Cloud, lost: str) -> None:
    """Within 20 minutes, where nobody reads the queue at all."""
    fill(cloud, 3)
    moments = [60.0 * minute for minute in range(2, 21)]
    assert [key for moment in moments for key in run(moment).resent].count(lost) == 1


def test_a_backlog_is_not_amplified(cloud: Cloud) -> None:
    """100 events that wait for an hour: at most ten of them are sent again."""
    for number in range(100):
        document = samples.changed(samples.CALL_COMPLETED, call_id=f"c{number}")
        handler(request(samples.body(document)), None)
    resent = [key for minute in range(2, 60, 4) for key in run(60.0 * minute).resent]
    assert len(resent) <= 10


def test_in_the_end_it_is_stuck(cloud: Cloud, lost: str) -> None:
    """Sent again eight times in vain, each time after twice the wait, it is given up, once."""
    later = 0.0
    for number in range(MOST_SWEEPS):
        later += patience(number) + 1
        assert run(later).resent == (lost,)
        purge(cloud)
    later += patience(MOST_SWEEPS) + 1
    assert run(later).stuck == (lost,)
    item = cloud.ledger(lost)
    assert (item["status"], item["sweeps"]) == ("stuck", MOST_SWEEPS)
    assert "open" not in item
    assert run(10 * later) == sweep.Report()


def test_two_sweeps_at_once_send_once(cloud: Cloud, lost: str) -> None:
    """The one that comes second finds the event taken."""
    [one] = ports().ledger.open_events(10)
    now = time.time()
    assert ports().ledger.take(one, now)
    assert not ports().ledger.take(one, now)
    [again] = ports().ledger.open_events(10)
    assert again.sweeps == 1
    assert ports().ledger.take(again, now)


def test_what_died_is_failed(cloud: Cloud) -> None:
    """A processor that was killed wrote nothing: its dead letter tells, and stays where it is."""
    handler(request(BODY), None)
    [dead] = cloud.receive(KIND)
    bury(cloud, dead["body"])
    report = run(1)
    assert report.buried == (KEY,)
    item = cloud.ledger(KEY)
    assert (item["status"], item["error"]) == ("failed", DIED)
    assert item["first_failed_at"] == item["failed_at"]
    assert "open" not in item
    assert cloud.queued(KIND, dead=True) == 1
    assert run(2).buried == ()


def test_an_old_dead_letter_buries_no_event_that_was_sent_again(cloud: Cloud) -> None:
    """After a replay the first message's letter still lies there, and a cold sweeper finds it."""
    handler(request(BODY), None)
    [dead] = cloud.receive(KIND)
    bury(cloud, dead["body"])
    [event] = ports().ledger.open_events(10)
    assert ports().ledger.take(event, time.time() + 600)
    assert run(601).buried == ()
    assert cloud.ledger(KEY)["status"] == "received"


def test_the_reason_of_a_failure_stays(cloud: Cloud) -> None:
    """A dead letter of an event whose failure was noted says nothing new."""
    handler(request(BODY), None)
    [dead] = cloud.receive(KIND)
    bury(cloud, dead["body"])
    ledger: Any = ports().ledger
    ledger._step(
        KEY, "SET #e = :why", "#status = :received", {":why": {"S": "why"}}, {"#e": "error"}
    )
    assert run(1).buried == (KEY,)
    assert cloud.ledger(KEY)["error"] == "why"


def test_poison_among_dead_letters_is_passed_over(cloud: Cloud) -> None:
    """What is no message of ours, what is a marker, and what is processed, is left alone."""
    handler(request(BODY), None)
    cloud.poll(KIND)
    for text in ("poison", "[]", '{"marker": 1}', '{"marker": {"kind": "x", "sent_at": "y"}}'):
        bury(cloud, text)
    bury(
        cloud,
        '{"key": "nobody", "type": "a", "dialect": "b", "received_at": "c", "body_hash": "d", "body": null}',
    )
    report = run(1)
    assert (report.buried, report.failures) == ((), ())
    assert cloud.ledger(KEY)["status"] == "processed"
    assert cloud.queued(KIND, dead=True) == 5


def test_one_kinds_trouble_does_not_keep_the_others_waiting(
    cloud: Cloud, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that refuses is reported, and the other kinds' events are sent."""
    sms = samples.body(samples.SMS_RECEIVED)
    with monkeypatch.context() as patched:
        patched.setattr("messaging.queues.Queues.send", fail)
        handler(request(sms), None)
    real = ports().backlog.waiting

    def waiting(kind: str) -> int:
        if kind == KIND:
            raise QueueUnavailable
        return real(kind)

    monkeypatch.setattr(ports().backlog, "waiting", waiting)
    report = run()
    assert [kind for kind, _ in report.failures] == [KIND]
    assert report.resent == ("sms.received:msg_a1b2c3d4",)


def test_large_bodies_are_sent_again_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in parts is put together; the evidence of a conflict beside it is not taken for it."""
    large = samples.body(samples.changed(samples.CALL_COMPLETED, notes=noise(500_000)))
    with monkeypatch.context() as patched:
        patched.setattr("messaging.queues.Queues.send", fail)
        handler(request(large), None)
        handler(request(BODY), None)
    assert any(item["sk"].startswith("conflict#") for item in cloud.items())
    assert run().resent == (KEY,)
    [sent] = cloud.receive(KIND)
    message = decode(sent["body"])
    assert not isinstance(message, Marker)
    assert message.body == large.decode()


def test_time_ends_a_run_between_events(cloud: Cloud, lost: str) -> None:
    """What is left over is for the next run."""
    assert sweep.sweep(ports(), time.time() + 100, lambda: False).resent == ()
    assert run().resent == (lost,)


def test_the_function_tells(cloud: Cloud, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its metrics hold the age of the oldest open event, and its errors are the function's."""

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 60_000

    cloud.predate(lost, "2026-03-12T14:40:01.250Z")
    assert app.handler({}, Context()) == {"resent": 1, "stuck": 0, "buried": 0}
    assert '"OldestReceivedAge"' in capsys.readouterr().out


def test_a_run_that_failed_raises(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """EventBridge counts it, and the alarm hears of it."""

    def refuse(*_: object, **__: object) -> None:
        raise aws_error("AccessDenied")

    context: Any = type("Context", (), {"get_remaining_time_in_millis": lambda _: 60_000})()
    monkeypatch.setattr(cloud.sqs, "get_queue_attributes", refuse)
    with pytest.raises(QueueUnavailable):
        app.handler({}, context)
    monkeypatch.setattr(cloud.dynamodb, "get_paginator", refuse)
    with pytest.raises(LedgerUnavailable):
        app.handler({}, context)


@pytest.mark.parametrize("operation", ["take", "give_up", "bury", "note_state"])
def test_a_table_that_refuses(
    cloud: Cloud, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step says so, so that nothing is taken for done."""

    def refuse(**_: object) -> None:
        raise aws_error("ProvisionedThroughputExceededException")

    monkeypatch.setattr(cloud.dynamodb, "update_item", refuse)
    ledger = SweepLedger(lambda: cloud.dynamodb, cloud.table)
    arguments: dict[str, tuple[Any, ...]] = {
        "take": (OpenEvent(KEY, KIND, 0, 0, 0, 0), 0.0),
        "give_up": (KEY, 0.0),
        "bury": (KEY, DeadLetter("id", "", 5, 0.0), 0.0),
        "note_state": (KIND, State()),
    }
    with pytest.raises(LedgerUnavailable):
        getattr(ledger, operation)(*arguments[operation])


def test_nothing_closed_is_in_the_index(cloud: Cloud) -> None:
    """Processed, failed, unhandled and quarantined events cost the sweeper nothing."""
    for kind in KINDS:
        handler(request(samples.body(samples.BY_KIND[kind])), None)
    handler(request(b'{"event": "call.teleported", "data": {"id": 1}}'), None)
    handler(request(b"{"), None)
    assert len(list(ports().ledger.open_events(100))) == len(KINDS)
    for kind in KINDS:
        cloud.poll(kind)
    assert list(ports().ledger.open_events(100)) == []


# ------------------------------------------------------------ helpers


def fill(cloud: Cloud, number: int) -> None:
    """Put messages of other events into the kind's queue."""
    for one in range(number):
        document = samples.changed(samples.CALL_COMPLETED, call_id=f"other{one}-{time.time_ns()}")
        handler(request(samples.body(document)), None)
    assert cloud.queued(KIND)


def purge(cloud: Cloud) -> None:
    url = stack.queue_url("CallCompletedQueue")
    for record in cloud.receive(KIND):
        cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])


def bury(cloud: Cloud, text: str) -> None:
    """Put a message into the kind's dead-letter queue."""
    cloud.sqs.send_message(
        QueueUrl=stack.queue_url("CallCompletedDeadLetterQueue"), MessageBody=text
    )


def noise(size: int) -> str:
    return random.Random(1).randbytes(size // 2).hex()  # noqa: S311
