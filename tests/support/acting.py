"""What a processor does with a message, whatever the event holds; and values that events may hold."""

import importlib
import json
from typing import Any
from unittest.mock import patch

from justcall.catalogue import kind_of, logical_name, module_name
from justcall.envelope import Envelope
from justcall.models import EventData
from justcall.timeline import Entry
from ledger.bodies import unpack
from ledger.events import Ledger
from ledger.joining import Joining
from ledger.processing import ProcessingLedger
from messaging import consumer
from tests.support.cloud import process
from tests.support.fakes import StubClient
from tests.support.records import record_of

ITEM_BYTES = 400 * 1024

STRANGE: dict[str, str] = {
    "an endless number": "1e999",
    "an endless negative number": "-1e999",
    "4000 digits": "7" * 4000,
    "a very small number": "1e-999",
    "100 deep": "[" * 100 + "]" * 100,
    "half a character": '"\\ud83d"',
    "a NUL": '"\\u0000"',
    "10 000 names": json.dumps({str(number): number for number in range(10_000)}),
    "an empty name": '{"": 1}',
}


def act(kind: str, message: Any) -> tuple[list[str], list[str]]:
    """Return the numbers of the entries that a message leads to, and the failures that were noted.

    It leads to one of the two, and the record fails if there is no entry.
    """
    client: Any = StubClient()
    tables = consumer.Tables(
        Ledger(lambda: client, "events", 90),
        ProcessingLedger(lambda: client, "events"),
        Joining(lambda: client, "events"),
        5,
    )
    with patch("messaging.consumer._tables", lambda: tables):
        failed = process(kind, record_of(message))
    entries, noted = [], []
    for operation, call in client.calls:
        if operation == "transact_write_items":
            entries.append(_number_of(call["TransactItems"][1]["Put"]["Item"]))
        elif operation == "update_item":
            noted.append(call["ExpressionAttributeValues"][":error"]["S"])
    assert bool(failed) is bool(noted) is not bool(entries)
    assert len(entries) <= 1
    return entries, noted


def entry_of(envelope: Envelope) -> Entry:
    """Return the entry that the processor of an event's kind makes of it."""
    module = importlib.import_module(f"processors.{module_name(str(kind_of(envelope.type)))}")
    entry: Entry = module.entry(envelope)
    return entry


def model_of(kind: str) -> type[EventData]:
    """Return the model that a kind's processor reads events with."""
    module = importlib.import_module(f"processors.{module_name(kind)}")
    model: type[EventData] = getattr(module, logical_name(kind))
    return model


def _number_of(item: dict[str, Any]) -> str:
    """Check that an entry fits DynamoDB and is JSON for everybody; return its number."""
    content = unpack([item])
    assert content is not None
    assert len(content) < ITEM_BYTES or "packed" in item
    assert 0 < len(item["pk"]["S"].encode()) <= 2048
    assert 0 < len(item["sk"]["S"].encode()) <= 1024

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    number: str = json.loads(content.decode(), parse_constant=refuse)["number"]
    assert item["pk"]["S"] == f"contact#{number}"
    return number
