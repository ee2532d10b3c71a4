"""How long a kind's queue is, what lies in its dead-letter queue, and markers."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from aws.failures import AWS_FAILURES
from errors import QueueUnavailable
from justcall.catalogue import module_name
from messaging.message import Marker, encode_marker

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: "list[QueueAttributeNameType]" = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
# While we read them nobody else gets the same dead letters; then they are put back.
_READING_SECONDS = 30


class DeadLetter(NamedTuple):
    """A message in a dead-letter queue.

    `receives` says how often it was given to a processor, `sent_at` when it was sent to the kind's
    queue, in epoch seconds.
    """

    id: str
    text: str
    receives: int
    sent_at: float


class Backlog:
    """The queues and dead-letter queues. Every method raises QueueUnavailable."""

    def __init__(
        self, client: Callable[[], "SQSClient"], url_prefix: str, dead_letter_prefix: str
    ) -> None:
        self._client = client
        self._url_prefix = url_prefix
        self._dead_letter_prefix = dead_letter_prefix

    def waiting(self, kind: str) -> int:
        """Return about how many messages a kind's queue holds, those in work included.

        SQS needs up to a minute to count what was just sent [SQS Developer Guide].
        """
        return self._count(self._url_prefix + module_name(kind))

    def send_marker(self, marker: Marker) -> None:
        """Send a marker to the end of its kind's queue."""
        try:
            self._client().send_message(
                QueueUrl=self._url_prefix + module_name(marker.kind),
                MessageBody=encode_marker(marker),
            )
        except AWS_FAILURES as error:
            raise QueueUnavailable from error

    def dead_letters(self, kind: str, most: int) -> Sequence[DeadLetter]:
        """Return some of what lies in a kind's dead-letter queue; it stays there."""
        url = self._dead_letter_prefix + module_name(kind)
        if not self._count(url):
            return []
        found: list[DeadLetter] = []
        handles: list[str] = []
        try:
            while len(found) < most:
                answer = self._client().receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=_READING_SECONDS,
                    MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                )
                messages = answer.get("Messages", [])
                if not messages:
                    break
                handles += [message["ReceiptHandle"] for message in messages]
                found += [
                    DeadLetter(
                        message["MessageId"],
                        message["Body"],
                        int(message["Attributes"]["ApproximateReceiveCount"]),
                        int(message["Attributes"]["SentTimestamp"]) / 1000,
                    )
                    for message in messages
                ]
            self._put_back(url, handles)
        except AWS_FAILURES as error:
            raise QueueUnavailable from error
        return found

    def _put_back(self, url: str, handles: list[str]) -> None:
        # One by one: the embedded AWS wants a right of its own for the batch, which AWS has not.
        for handle in handles:
            self._client().change_message_visibility(
                QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
            )

    def _count(self, url: str) -> int:
        try:
            answer = self._client().get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
        except AWS_FAILURES as error:
            raise QueueUnavailable from error
        return sum(int(answer["Attributes"].get(name, "0")) for name in _COUNTS)
