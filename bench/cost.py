"""What an event costs: write units by DynamoDB's published rules, from the items really written."""

import json
from typing import Any

from aws import clients
from bench import event as events
from bench.cold import Context

# List prices of us-east-1, in dollars per million (AWS's price pages, 2026-11).
WRITE_UNIT = 0.625
READ_UNIT = 0.125
SQS_REQUEST = 0.40
HTTP_API_REQUEST = 1.00
LAMBDA_REQUEST = 0.20
_KIB = 1024


def units(content: bytes | None = None) -> dict[str, int]:
    """Return the write units of one event by what they are for.

    A write costs a unit for each KiB of its item begun, twice that in a transaction. The index
    `recent` gets the keys once, for one unit; nothing that it holds changes afterwards. The index
    `open` gets them, and loses them when the event is processed.
    """
    put, transaction = _captured(content)
    ledger = put["Item"]
    update, entry = transaction["TransactItems"]
    # What the step sets, under these names; it takes away more than the little that is not here.
    values = update["Update"]["ExpressionAttributeValues"]
    step = sum(
        len(name) + len(_bytes(values[f":{short}"]))
        for name, short in (
            ("processed_at", "now"),
            ("attempts", "attempts"),
            ("contact", "contact"),
            ("at", "at"),
        )
    )
    return {
        "ledger put": _units(_size(ledger)),
        "index recent": 1,
        "index open": 2,
        "ledger step (transaction)": 2 * _units(_size(ledger) + step),
        "timeline entry (transaction)": 2 * _units(_size(entry["Put"]["Item"])),
    }


def dollars(batch: int, content: bytes | None = None) -> float:
    """Return units and SQS requests per million events, the queue read in such batches."""
    # A call's processor looks for updates that wait for it: one consistent read of nothing.
    return sum(units(content).values()) * WRITE_UNIT + READ_UNIT + (1 + 2 / batch) * SQS_REQUEST


def whole(batch: int) -> float:
    """Return the same with the API's and the functions' requests."""
    return dollars(batch) + HTTP_API_REQUEST + (1 + 1 / batch) * LAMBDA_REQUEST


def _captured(content: bytes | None) -> tuple[Any, Any]:
    """Return what handler and processor send for one event of 2 KB."""
    from handler.app import handler
    from processors.call_completed import handler as processor

    sent: dict[str, Any] = {}
    names = {"PutItem": "put", "SendMessage": "send", "TransactWriteItems": "transaction"}

    def capture(params: Any, model: Any, **_: Any) -> None:
        sent[names[model.name]] = params

    for client in (clients.dynamodb(), clients.sqs()):
        client.meta.events.register("provide-client-params", capture)
    attributes = {"ApproximateReceiveCount": "1"}
    handler(events.delivery(content=content), Context())
    record = {"messageId": "0", "body": sent["send"]["MessageBody"], "attributes": attributes}
    processor({"Records": [record]}, Context())
    for client in (clients.dynamodb(), clients.sqs()):
        client.meta.events.unregister("provide-client-params", capture)
    return sent["put"], sent["transaction"]


def _size(item: Any) -> int:
    """Return an item's size as DynamoDB counts it: names and values."""
    return sum(len(name) + len(_bytes(value)) for name, value in item.items())


def _bytes(value: Any) -> bytes:
    ((_, content),) = value.items()
    return content if isinstance(content, bytes) else str(content).encode()


def _units(size: int) -> int:
    return -(-size // _KIB)


def explain() -> str:
    """Return the arithmetic in one line."""
    return json.dumps(units())
