"""Queues as a whole: what SQS is asked, and what its answers mean. See also tests/integration."""

from collections.abc import Callable
from typing import Any

import pytest

from errors import QueueUnavailable
from messaging.backlog import Backlog, DeadLetter
from messaging.message import Marker, decode
from tests.support.fakes import StubClient, aws_error

KIND = "call.completed"
QUEUE = "https://sqs/queue-call_completed"
DEAD = "https://sqs/dead-call_completed"
COUNTS = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
SOME = {"Attributes": dict(zip(COUNTS, ["3", "20", "100"], strict=True))}


def backlog(client: StubClient) -> Backlog:
    return Backlog(lambda: client, "https://sqs/queue-", "https://sqs/dead-")  # type: ignore[arg-type,return-value]


class Letters(StubClient):
    """A dead-letter queue with a number of messages, of which each look shows ten new ones."""

    def __init__(self, number: int) -> None:
        super().__init__(get_queue_attributes=SOME, receive_message=self._receive)
        self.left = [
            {
                "MessageId": f"id-{one}",
                "ReceiptHandle": f"handle-{one}",
                "Body": f"text-{one}",
                "Attributes": {"ApproximateReceiveCount": "5", "SentTimestamp": "1773326401250"},
            }
            for one in range(number)
        ]

    def _receive(self, **_: object) -> dict[str, Any]:
        shown, self.left = self.left[:10], self.left[10:]
        return {"Messages": shown} if shown else {}

    def handles(self) -> list[str]:
        return [one["ReceiptHandle"] for name, one in self.calls if name.startswith("change")]


def test_everything_in_a_queue_counts() -> None:
    """What waits, what is in work, and what is delayed."""
    client = StubClient(get_queue_attributes=SOME)
    assert backlog(client).waiting(KIND) == 123
    assert client.calls == [("get_queue_attributes", {"QueueUrl": QUEUE, "AttributeNames": COUNTS})]


def test_a_count_that_is_not_told_is_none() -> None:
    """SQS leaves out nothing; a stand-in for it may."""
    client = StubClient(get_queue_attributes={"Attributes": {COUNTS[0]: "2"}})
    assert backlog(client).waiting(KIND) == 2


def test_a_marker_goes_to_its_kinds_queue() -> None:
    """Where the events go, so that it comes out behind them."""
    client = StubClient()
    marker = Marker(KIND, "2026-03-12T14:40:01.250Z")
    backlog(client).send_marker(marker)
    [(operation, arguments)] = client.calls
    assert (operation, arguments["QueueUrl"]) == ("send_message", QUEUE)
    assert decode(arguments["MessageBody"]) == marker


def test_dead_letters_are_read_and_put_back() -> None:
    """Nobody else gets them meanwhile, and nothing is taken away."""
    client = Letters(11)
    found = backlog(client).dead_letters(KIND, 200)
    assert found == [DeadLetter(f"id-{one}", f"text-{one}", 5, 1773326401.25) for one in range(11)]
    assert client.calls[0] == (
        "get_queue_attributes",
        {"QueueUrl": DEAD, "AttributeNames": COUNTS},
    )
    reads = [arguments for name, arguments in client.calls if name == "receive_message"]
    assert reads == 3 * [
        {
            "QueueUrl": DEAD,
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": 30,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
        }
    ]
    assert client.handles() == [f"handle-{one}" for one in range(11)]
    assert client.calls[-1] == (
        "change_message_visibility",
        {"QueueUrl": DEAD, "ReceiptHandle": "handle-10", "VisibilityTimeout": 0},
    )


@pytest.mark.parametrize(("most", "read"), [(10, 10), (11, 20)])
def test_no_more_dead_letters_are_read_than_asked_for(most: int, read: int) -> None:
    """A run has an end, however many died."""
    client = Letters(100)
    assert len(backlog(client).dead_letters(KIND, most)) == read
    assert len(client.handles()) == read


def test_an_empty_dead_letter_queue_is_not_read() -> None:
    """Counting costs one call, and there is nothing to look at."""
    client = StubClient(get_queue_attributes={"Attributes": {COUNTS[0]: "0"}})
    assert backlog(client).dead_letters(KIND, 200) == []
    assert client.operations == ["get_queue_attributes"]


@pytest.mark.parametrize(
    ("client", "act"),
    [
        (StubClient(get_queue_attributes=aws_error("Throttled")), lambda it: it.waiting(KIND)),
        (
            StubClient(send_message=aws_error("Throttled")),
            lambda it: it.send_marker(Marker(KIND, "")),
        ),
        (
            StubClient(get_queue_attributes=SOME, receive_message=aws_error("Throttled")),
            lambda it: it.dead_letters(KIND, 1),
        ),
    ],
    ids=["count", "send", "receive"],
)
def test_whatever_fails_is_unavailable(
    client: StubClient, act: Callable[[Backlog], object]
) -> None:
    """What SQS does not tell is not known; it is not zero."""
    with pytest.raises(QueueUnavailable):
        act(backlog(client))
