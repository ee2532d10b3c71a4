"""Whole Lambda inputs, as API Gateway and SQS give them."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aws.messages import Message, encode
from justcall.envelope import read
from justcall.keys import content_hash, key_of
from justcall.signature import sign

SAMPLE_SECRET = "justcall-hooks-sample-secret"
_RECEIVED_AT = "2026-03-12T14:30:01.000Z"


def body_of(payload: Mapping[str, Any]) -> bytes:
    """Return a payload as the bytes that JustCall would send."""
    return json.dumps(payload, indent=2).encode()


def http(
    body: bytes = b"",
    *,
    signature: str | None = None,
    signed: bool = True,
    method: str = "POST",
    as_base64: bool = False,
    header: str = "x-justcall-signature",
) -> dict[str, Any]:
    """Return the HTTP API's event (payload format 2.0), by default signed as the samples are."""
    headers = {
        "accept": "application/json",
        "content-length": str(len(body)),
        "content-type": "application/json",
        "host": "abcd1234.execute-api.us-east-1.amazonaws.com",
        "user-agent": "JustCall-Webhooks/1.0",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if signed:
        headers[header] = sign(body, SAMPLE_SECRET) if signature is None else signature
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} /webhooks/justcall",
        "rawPath": "/webhooks/justcall",
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcd1234",
            "domainName": "abcd1234.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "abcd1234",
            "http": {
                "method": method,
                "path": "/webhooks/justcall",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "JustCall-Webhooks/1.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"{method} /webhooks/justcall",
            "stage": "$default",
            "time": "12/Mar/2026:14:30:01 +0000",
            "timeEpoch": 1773325801000,
        },
        "isBase64Encoded": as_base64,
    }
    if method == "POST":
        event["body"] = base64.b64encode(body).decode() if as_base64 else body.decode()
    return event


def message(payload: Mapping[str, Any]) -> Message:
    """Return the message that the handler would send for a payload."""
    body = body_of(payload)
    return Message(
        key=key_of(read(body), content_hash(body)),
        type=payload["event"],
        dialect="body-signed",
        received_at=_RECEIVED_AT,
        body_hash=content_hash(body),
        body=body.decode(),
    )


def record(text: str, queue: str, *, receives: int = 1, number: int = 1) -> dict[str, Any]:
    """Return one SQS record as Lambda hands it on."""
    name = f"00000000-0000-4000-8000-{number:012d}"
    return {
        "messageId": name,
        "receiptHandle": f"receipt-{number}",
        "body": text,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1773325801000",
            "SenderId": "AROAEXAMPLE:handler",
            "ApproximateFirstReceiveTimestamp": "1773325801050",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:justcall-hooks-events-{queue}",
        "awsRegion": "us-east-1",
    }


def sqs(payload: Mapping[str, Any], module: str, *, receives: int = 1) -> dict[str, Any]:
    """Return a batch of one record with a payload's message."""
    return {"Records": [record(encode(message(payload)), module, receives=receives)]}
