"""Builds what Lambda hands to a processor: batches of SQS records."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from handler.authenticate import Delivery
from handler.receive import receive
from justcall.catalogue import kind_of, module_name
from justcall.moments import epoch
from justcall.signature import HEADER, sign
from justcall.url_signature import TIMESTAMP_HEADER, VERSION_HEADER
from messaging.message import Message, encode
from tests.support.fakes import FakePorts, FakeTime
from tests.support.samples import SECRET

RECEIVED_AT = "2026-03-12T14:40:01.250Z"
_SENT_AT = "1773326401300"


def message_of(
    body: bytes, *, received_at: str = RECEIVED_AT, headers: Mapping[str, str] | None = None
) -> Message:
    """Return the message that the handler sends for a body: made by its own receive().

    With the `headers` of a url-signed delivery it is one of those.
    """
    ports = FakePorts()
    given = headers or {HEADER: sign(body, SECRET)}
    delivery = Delivery(
        "0011223344556677",
        body,
        given[HEADER],
        epoch(received_at),
        given.get(VERSION_HEADER),
        given.get(TIMESTAMP_HEADER),
    )
    receive(delivery, ports.ports(), FakeTime())
    [(_, message)] = ports.queues.sent
    return message


def record(text: str, kind: str, *, receives: int = 1) -> dict[str, Any]:
    """Return one SQS record of a kind's queue with any text in it."""
    return {
        "messageId": str(uuid.uuid5(uuid.NAMESPACE_OID, text)),
        "receiptHandle": "AQEBsample",
        "body": text,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "AWSTraceHeader": "Root=1-69b2ce79-000000000000000000000000",
            "SentTimestamp": _SENT_AT,
            "SenderId": "AROASAMPLE:justcall-hooks-handler",
            "ApproximateFirstReceiveTimestamp": _SENT_AT,
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:"
        f"justcall-hooks-dev-events-{module_name(kind)}",
        "awsRegion": "us-east-1",
    }


def record_of(message: Message, *, receives: int = 1) -> dict[str, Any]:
    """Return one SQS record that carries a message."""
    return record(encode(message), kind_of(message.type) or message.type, receives=receives)


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    """Return a processor's whole input."""
    return {"Records": list(records)}
