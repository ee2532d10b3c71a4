"""The sweeper on moto: that its calls mean there what they mean on the small AWS.

Its behaviour is tested in tests/unit/sweeper.
"""

import time
from typing import Any

import pytest

from errors import QueueUnavailable
from handler.app import handler
from ledger.events import DIED
from sweeper import app
from sweeper.sweep import Report, Sweep
from sweeper.verdict import PATIENCE_SECONDS
from tests.support import samples, stack
from tests.support.cloud import Cloud
from tests.support.deliveries import request

KIND = "call.completed"
BODY = samples.body(samples.CALL_COMPLETED)
KEY = "call.completed:call_8f3a2b1c"


def run(later: float = PATIENCE_SECONDS) -> Report:
    """Let the sweeper run, so many seconds from now."""
    sweep = Sweep(app._ports(), time.time() + later, lambda: True)
    sweep.run()
    return sweep.report


def test_lost_event_is_sent_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise QueueUnavailable

    with monkeypatch.context() as patched:
        patched.setattr("messaging.queues.Queues.send", fail)
        assert handler(request(BODY), None)["statusCode"] == 503
    assert run(PATIENCE_SECONDS - 1).resent == []
    assert run().resent == [KEY]
    cloud.poll(KIND)
    assert cloud.ledger(KEY)["status"] == "processed"
    assert len(cloud.timeline("+14155559876")) == 1
    assert run(10_000) == Report([], [], [], [])


def test_two_sweeps_at_once_send_once(cloud: Cloud) -> None:
    handler(request(BODY), None)
    ports = app._ports()
    [event] = ports.open_events.all(10)
    taken = [ports.ledger.take(KEY, event.sweeps, time.time()) for _ in range(2)]
    assert taken == [True, False]
    assert cloud.ledger(KEY)["sweeps"] == 1


def test_event_whose_processor_died_is_failed(cloud: Cloud) -> None:
    """Its dead letter stays in the queue."""
    handler(request(BODY), None)
    [dead] = cloud.receive(KIND)
    cloud.sqs.send_message(QueueUrl=stack.queue_url("DeadLetterQueue"), MessageBody=dead["body"])
    assert run(1).buried == [KEY]
    assert run(2).buried == []
    assert (cloud.ledger(KEY)["status"], cloud.ledger(KEY)["error"]) == ("failed", DIED)
    assert cloud.queued(KIND, dead=True) == 1


def test_function_answers_and_tells_the_oldest_age(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(request(BODY), None)
    cloud.receive(KIND)
    cloud.predate(KEY, "2026-03-12T14:40:01.250Z")
    context: Any = type("Context", (), {"get_remaining_time_in_millis": lambda _: 60_000})()
    assert app.handler({}, context) == {"resent": 1, "stuck": 0, "buried": 0}
    assert '"OldestReceivedAge"' in capsys.readouterr().out
