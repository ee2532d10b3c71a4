"""Sending events to the queue of their kind."""

import pytest
from botocore.exceptions import EndpointConnectionError

from errors import QueueUnavailable
from justcall.catalogue import KINDS, logical_name
from messaging.message import Message, decode
from messaging.queues import Queues
from tests.support import stack
from tests.support.fakes import StubClient, aws_error

MESSAGE = Message("call.completed:1", "call.completed", "body-signed", "2026-03-12T14:30:00.000Z",
                  "0" * 64, "{}")  # fmt: skip


def queues(client: StubClient) -> Queues:
    prefix = stack.environment("HandlerFunction")["QUEUE_URL_PREFIX"]
    return Queues(lambda: client, prefix)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_own_queue(kind: str) -> None:
    """A kind's events go to the queue that the template makes for it."""
    client = StubClient()
    queues(client).send(kind, MESSAGE._replace(type=kind))
    [(operation, call)] = client.calls
    assert operation == "send_message"
    assert call["QueueUrl"] == stack.queue_url(f"{logical_name(kind)}Queue")
    assert decode(call["MessageBody"]) == MESSAGE._replace(type=kind)


FAILURES = [
    aws_error("AWS.SimpleQueueService.NonExistentQueue"),
    aws_error("AccessDenied"),
    EndpointConnectionError(endpoint_url="https://sqs"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_whatever_fails_is_unavailable(failure: Exception) -> None:
    """Everything that SQS may answer with is temporary to the sender."""
    with pytest.raises(QueueUnavailable):
        queues(StubClient(send_message=failure)).send("sms.sent", MESSAGE)
