"""The queue of deliveries. Its message groups are destinations, so that SQS serves them fairly."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES
from deliveries.message import Delivery, Reference, encode
from errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Source: SQS quotas.
MAX_DELAY_SECONDS = 900


class Outbox:
    """Sends messages to the queue of deliveries. Every method raises QueueUnavailable."""

    def __init__(self, client: Callable[[], "SQSClient"], url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: Delivery | Reference, seconds: float = 0.0) -> None:
        """Send a message that becomes visible after some seconds, at most 15 minutes."""
        delay: dict[str, Any] = {}
        if seconds > 0:
            delay["DelaySeconds"] = min(round(seconds), MAX_DELAY_SECONDS)
        try:
            self._client().send_message(
                QueueUrl=self._url,
                MessageBody=encode(message),
                MessageGroupId=message.to,
                **delay,
            )
        except AWS_FAILURES as error:
            raise QueueUnavailable from error
