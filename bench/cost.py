"""What an event costs: write units by DynamoDB's published rules, from the requests really made."""

import base64
import json
import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse

from aws import clients, wire
from aws.connection import Answer, Request
from bench import event as events
from bench.cold import Context
from bench.measure import quiet
from bench.stand_in import SECRET

# List prices of us-east-1, in dollars per million (AWS's price pages, 2026-11).
WRITE_UNIT = 0.625
SQS_REQUEST = 0.40
HTTP_API_REQUEST = 1.00
LAMBDA_REQUEST = 0.20
_KIB = 1024
# The attributes that the index `timeline` holds: its keys, the table's, and what it includes.
_TIMELINE = ("contact", "at", "pk", "sk", "text", "packed", "entry")
# What a read of an empty table answers, whichever it is.
_NOTHING = b'{"Items": [], "Responses": {}}'

type Item = Mapping[str, Any]


def units(content: bytes | None = None) -> dict[str, int]:
    """Return the write units of one event by what they are for.

    A write costs a unit for each started KiB of its item, before or after, whichever is larger.
    An index costs a write for an entry that appears, and two for one whose key changes.
    """
    put, steps = _requests(content)
    item = put["Item"]
    after = dict(item) | assignments(steps)
    entry = {name: after[name] for name in _TIMELINE if name in after}
    return {
        "put": _units(item),
        "put: by_status": 1,
        "step": max(_units(item), _units(after)),
        "step: by_status": 2,
        "step: timeline": _units(entry) if "contact" in after else 0,
    }


def assignments(update: Item) -> dict[str, Any]:
    """Return the attributes that an UpdateItem sets."""
    names = update.get("ExpressionAttributeNames", {})
    values = update["ExpressionAttributeValues"]
    pairs = re.findall(r"(#?\w+)\s*=\s*(:\w+)", update["UpdateExpression"])
    return {names.get(name, name): values[value] for name, value in pairs}


def dollars(batch: int, content: bytes | None = None) -> float:
    """Return units and SQS requests per million events, the queue read in such batches."""
    return sum(units(content).values()) * WRITE_UNIT + (1 + 2 / batch) * SQS_REQUEST


def whole(batch: int) -> float:
    """Return the same with the API's and the functions' requests."""
    return dollars(batch) + HTTP_API_REQUEST + (1 + 1 / batch) * LAMBDA_REQUEST


def explain(counted: Mapping[str, int]) -> str:
    """Return the arithmetic in one line."""
    return " + ".join(f"{amount} {name}" for name, amount in counted.items())


def _requests(content: bytes | None) -> tuple[Any, Any]:
    """Return what the handler puts and what the processor writes for one event of 2 KB."""
    from handler.app import handler
    from processors.call_completed import handler as processor

    sent: dict[str, Any] = {}

    def exchange(request: Request) -> Answer:
        sent[request.operation] = json.loads(request.body)
        document = {"SecretString": SECRET} if request.service == "secretsmanager" else {}
        return Answer(200, {}, json.dumps(document).encode())

    def before_send(request: Any, **_: Any) -> Any:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        sent[operation] = json.loads(request.body)
        raw: Any = SimpleNamespace(stream=lambda **_: iter([_NOTHING]))
        headers: Any = {}
        return AWSResponse(request.url, 200, headers, raw)

    before, wire.exchange = wire.exchange, exchange
    table = clients.dynamodb().meta.events
    table.register_first("before-send", before_send)
    try:
        with quiet():
            handler(events.delivery(content=content), Context())
            attributes = {"ApproximateReceiveCount": "1"}
            record: dict[str, Any] = {"messageId": "0", "attributes": attributes}
            processor(
                {"Records": [record | {"body": sent["SendMessage"]["MessageBody"]}]}, Context()
            )
    finally:
        wire.exchange = before
        table.unregister("before-send", before_send)
    return sent["PutItem"], sent.get("UpdateItem") or sent["TransactWriteItems"]


def _units(item: Item) -> int:
    """Return the write units of an item by its size: names and values."""
    size = sum(len(name.encode()) + _size(value) for name, value in item.items())
    return max(1, -(-size // _KIB))


def _size(value: Item) -> int:
    ((kind, content),) = value.items()
    return len(base64.b64decode(content) if kind == "B" else str(content).encode())
