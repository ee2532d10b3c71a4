"""The queue of each kind, and the dead-letter queue that all of them share."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aws.failures import AWS_FAILURES
from errors import QueueUnavailable
from justcall.catalogue import module_name
from messaging.message import DeadLetter, Message, encode

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: "list[QueueAttributeNameType]" = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
# Dead letters are invisible to other readers while we read them; then we make them visible again.
_READING_SECONDS = 30


class Queues:
    """The queues of one deployment. Every method raises QueueUnavailable.

    A kind's queue has the URL `url_prefix` + module name.
    """

    def __init__(
        self, client: Callable[[], "SQSClient"], url_prefix: str, dead_letter_url: str = ""
    ) -> None:
        self._client = client
        self._url_prefix = url_prefix
        self._dead_letter_url = dead_letter_url

    def send(self, kind: str, message: Message) -> None:
        """Send one event to its kind's queue."""
        try:
            self._client().send_message(QueueUrl=self._url(kind), MessageBody=encode(message))
        except AWS_FAILURES as error:
            raise QueueUnavailable from error

    def waiting(self, kind: str) -> int:
        """Return about how many messages a kind's queue holds, including those in flight.

        SQS needs up to a minute to count a new message [SQS Developer Guide].
        """
        return self._count(self._url(kind))

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """Return at most about `limit` dead letters; they stay in their queue."""
        if not self._count(self._dead_letter_url):
            return []
        letters: list[DeadLetter] = []
        handles: list[str] = []
        try:
            while len(letters) < limit:
                answer = self._client().receive_message(
                    QueueUrl=self._dead_letter_url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=_READING_SECONDS,
                    MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                )
                messages = answer.get("Messages", [])
                if not messages:
                    break
                handles += [message["ReceiptHandle"] for message in messages]
                letters += [
                    DeadLetter(
                        message["MessageId"],
                        message["Body"],
                        int(message["Attributes"]["ApproximateReceiveCount"]),
                        int(message["Attributes"]["SentTimestamp"]) / 1000,
                    )
                    for message in messages
                ]
            self._put_back(handles)
        except AWS_FAILURES as error:
            raise QueueUnavailable from error
        return letters

    def _put_back(self, handles: list[str]) -> None:
        # One by one: for a batch the embedded AWS requires a permission that AWS does not have.
        for handle in handles:
            self._client().change_message_visibility(
                QueueUrl=self._dead_letter_url, ReceiptHandle=handle, VisibilityTimeout=0
            )

    def _count(self, url: str) -> int:
        try:
            answer = self._client().get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
        except AWS_FAILURES as error:
            raise QueueUnavailable from error
        return sum(int(answer["Attributes"].get(name, "0")) for name in _COUNTS)

    def _url(self, kind: str) -> str:
        return self._url_prefix + module_name(kind)
