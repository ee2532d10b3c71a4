"""The queue of events whose links wait for another attempt."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aws.failures import AWS_FAILURES
from errors import ArchiveUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Queue:
    """One SQS queue."""

    def __init__(self, client: Callable[[], "SQSClient"], url: str) -> None:
        self._client = client
        self._url = url

    def hide(self, receipt: str, seconds: int) -> None:
        """Let a message that was received come again after so long. Raises ArchiveUnavailable."""
        try:
            self._client().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except AWS_FAILURES as error:
            raise ArchiveUnavailable from error
