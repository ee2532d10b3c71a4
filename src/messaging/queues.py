"""Sending events to the queue of their kind."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aws.failures import AWS_FAILURES
from errors import QueueUnavailable
from justcall.catalogue import module_name
from messaging.message import Message, encode

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Queues:
    """The queues of one deployment: one for each kind, found by the rule for their names."""

    def __init__(self, client: Callable[[], "SQSClient"], url_prefix: str) -> None:
        self._client = client
        self._url_prefix = url_prefix

    def send(self, kind: str, message: Message) -> None:
        """Send one event to its kind's queue. Raises QueueUnavailable."""
        try:
            self._client().send_message(
                QueueUrl=self._url_prefix + module_name(kind), MessageBody=encode(message)
            )
        except AWS_FAILURES as error:
            raise QueueUnavailable from error
