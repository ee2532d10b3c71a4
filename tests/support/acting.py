"""What a processor does with a message, whatever the event holds; and values that events may hold."""

import importlib
import json
from typing import Any
from unittest.mock import patch

from justcall.catalogue import kind_of, logical_name, module_name
from justcall.envelope import Envelope
from justcall.models import EventData
from justcall.timeline import Entry
from ledger import queries
from ledger.bodies import attribute, fits_inline, unpack_entry
from ledger.consent import Consent
from ledger.events import Ledger
from messaging import consumer
from tests.support.cloud import process
from tests.support.fakes import StubClient
from tests.support.records import record_of

MAX_RECEIVES = 5
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


def tables_on(stub: StubClient) -> consumer.Tables:
    """Return what processors need, on a client that answers as it is told."""
    client: Any = stub
    return consumer.Tables(
        Ledger(lambda: client, "events", 400),
        Consent(lambda: client, "events"),
        lambda key: queries.event(lambda: client, "events", key),
        MAX_RECEIVES,
    )


def act(kind: str, message: Any) -> tuple[list[str], list[str]]:
    """Return the numbers of the entries that a message leads to, and the failures it records.

    It leads to exactly one of the two, and the record fails if there is no entry.
    """
    client = StubClient()
    tables = tables_on(client)
    with patch("messaging.consumer._tables", lambda: tables):
        failed = process(kind, record_of(message))
    entries, failures = [], []
    for operation, call in client.calls:
        if operation == "update_item":
            values = call["ExpressionAttributeValues"]
            if ":entry" in values:
                entries.append(_number_of(values, message.body))
            elif ":error" in values:
                failures.append(values[":error"]["S"])
    assert bool(failed) is bool(failures) is not bool(entries)
    assert len(entries) <= 1
    return entries, failures


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


def _number_of(values: dict[str, Any], body: str) -> str:
    """Check that an entry fits DynamoDB and is JSON for everybody; return its number."""
    contact = values[":contact"]["S"]
    inline = attribute(body) if fits_inline(body.encode()) else {}
    assert len(values[":entry"]["B"]) + len(body.encode() if inline else b"") < ITEM_BYTES
    assert 0 < len(contact.encode()) <= 2048
    assert 0 < len(values[":at"]["S"].encode()) <= 1024
    placed = {"pk": {"S": "event#x:1"}, "at": values[":at"], "contact": values[":contact"]}
    placed |= {name: {"S": "x"} for name in ("dialect", "received_at")}
    entry = unpack_entry({**placed, **inline, "entry": values[":entry"]})
    json.dumps(entry, allow_nan=False)
    assert contact in (entry["number"], *entry.get("subjects", []))
    number: str = entry["number"]
    return number
