"""The queue of each kind and the dead-letter queue, on the small AWS."""

from collections.abc import Callable

import pytest

from aws import clients
from errors import QueueUnavailable
from justcall.catalogue import KINDS, logical_name
from messaging.message import DeadLetter, Message, decode
from messaging.queues import Queues
from tests.support import stack
from tests.support.faults import START, Fault, World, throttled, timed_out

KIND = "call.completed"
MESSAGE = Message("d1", "call.completed:1", KIND, "body-signed", "2026-03-12T14:30:00.000Z",
                  "0" * 64, "{}")  # fmt: skip
DEAD = stack.queue_url("DeadLetterQueue")


@pytest.fixture
def queues(deployed: World) -> Queues:
    environment = stack.environment("SweeperFunction")
    return Queues(
        clients.sqs, environment["QUEUE_URL_PREFIX"], environment["DEAD_LETTER_QUEUE_URL"]
    )


def bury(number: int) -> list[str]:
    """Put messages into the dead-letter queue."""
    texts = [f"text {n}" for n in range(number)]
    for text in texts:
        clients.sqs().send_message(QueueUrl=DEAD, MessageBody=text)
    return texts


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_own_queue(queues: Queues, kind: str) -> None:
    queues.send(kind, MESSAGE._replace(type=kind))
    url = stack.queue_url(f"{logical_name(kind)}Queue")
    [message] = clients.sqs().receive_message(QueueUrl=url)["Messages"]
    assert decode(message["Body"]) == MESSAGE._replace(type=kind)


def test_messages_in_flight_are_waiting_too(deployed: World, queues: Queues) -> None:
    assert queues.waiting(KIND) == 0
    for _ in range(3):
        queues.send(KIND, MESSAGE)
    deployed.backend.receive(KIND, 2)
    assert queues.waiting(KIND) == 3


@pytest.mark.parametrize("number", [0, 1, 11, 25])
def test_dead_letters_are_read_and_stay(deployed: World, queues: Queues, number: int) -> None:
    texts = bury(number)
    for receives in (1, 2):
        letters = queues.dead_letters(500)
        assert [one.text for one in letters] == texts
        assert {one.receives for one in letters} <= {receives}
        deployed.clock.now += 0.001
    assert deployed.backend.queued(KIND, dead=True) == number


@pytest.mark.usefixtures("deployed")
def test_dead_letter_tells_when_it_was_sent(queues: Queues) -> None:
    bury(1)
    assert queues.dead_letters(1) == [DeadLetter("message-000001", "text 0", 1, START)]


@pytest.mark.parametrize(("limit", "read"), [(10, 10), (11, 20)])
def test_run_reads_a_limited_number_of_dead_letters(queues: Queues, limit: int, read: int) -> None:
    """About: SQS returns at most 10 messages per call."""
    bury(40)
    assert len(queues.dead_letters(limit)) == read


CALLS: dict[str, Callable[[Queues], object]] = {
    "send": lambda it: it.send(KIND, MESSAGE),
    "waiting": lambda it: it.waiting(KIND),
    "dead letters": lambda it: it.dead_letters(10),
}


@pytest.mark.parametrize("fault", [throttled, timed_out])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_refusal_is_unavailable(
    deployed: World, queues: Queues, call: Callable[[Queues], object], fault: Fault
) -> None:
    """An unknown count is not zero."""
    deployed.wire.standing = lambda _call: fault
    deployed.invoke("sweeper", lambda: call(queues))
    [error] = deployed.errors
    assert isinstance(error, QueueUnavailable)


@pytest.mark.parametrize("operation", ["ReceiveMessage", "ChangeMessageVisibility"])
def test_dead_letters_that_cannot_be_read_are_unavailable(
    deployed: World, queues: Queues, operation: str
) -> None:
    bury(1)
    deployed.wire.standing = lambda call: throttled if call.operation == operation else None
    deployed.invoke("sweeper", lambda: queues.dead_letters(10))
    [error] = deployed.errors
    assert isinstance(error, QueueUnavailable)
