"""Publishing notices on the stack's SNS topic."""

from collections.abc import Callable
from typing import Any, Protocol

from aws.failures import AWS_FAILURES
from errors import TopicUnavailable
from notices.notice import Notice


class Sns(Protocol):
    """The one call that telling people makes."""

    def publish(self, **arguments: Any) -> Any:
        """Publish one message."""


class Topic:
    """One SNS topic."""

    def __init__(self, client: Callable[[], Sns], arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, notice: Notice) -> None:
        """Publish a notice with its attributes. Raises TopicUnavailable."""
        attributes = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in notice.attributes().items()
        }
        try:
            self._client().publish(
                TopicArn=self._arn,
                Subject=notice.subject,
                Message=notice.text,
                MessageAttributes=attributes,
            )
        except AWS_FAILURES as error:
            raise TopicUnavailable from error
