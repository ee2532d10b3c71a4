"""Removing dead letters for good, each with a record of who it was and why.

The record is written before the message is deleted: a crash in between leaves the message, and
dropping it again replaces the record.
"""

import hashlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from cli import dead_letters
from cli.dead_letters import Letter
from cli.errors import NotFoundError, UsageError, asking
from cli.reading import table
from cli.reading.table import Document, Item
from cli.stack import Stack
from justcall.moments import iso
from ledger import schema
from ledger.table import Table


class _Held(NamedTuple):
    """Dead letters that nobody else can receive: the one to drop, and all others."""

    chosen: list[Letter]
    others: list[Letter]


def drop(stack: Stack, message_id: str, reason: str, *, dry_run: bool) -> Document:
    """Record and delete the dead letter whose id begins so; return the record.

    Raises NotFoundError if there is none, UsageError if there are several.
    """
    held = _Held([], [])
    dynamodb = stack.client("dynamodb")
    items = Table(lambda: dynamodb, stack.events_table, stack.retention_days)
    try:
        count = dead_letters.count(stack, stack.dead_letter_queue).visible
        for letter in dead_letters.receive(stack, min(count, dead_letters.MAX_LETTERS)):
            fits = letter.message["MessageId"].startswith(message_id)
            (held.chosen if fits else held.others).append(letter)
        letter = _one(held.chosen, message_id)
        record = _record(items, letter, reason)
        if dry_run:
            held.others.append(letter)
            return _document(record)
        with asking():
            items.put(record)
        stack.client("sqs").delete_message(
            QueueUrl=stack.dead_letter_queue, ReceiptHandle=letter.message["ReceiptHandle"]
        )
        held.chosen.clear()
        return _document(record)
    finally:
        dead_letters.put_back(stack, [*held.others, *held.chosen])


def dropped(stack: Stack) -> list[Document]:
    """Return the records of dropped dead letters, the newest first."""
    values = {":pk": schema.DROPPED_LETTERS}
    return [
        _document(one) for one in table.query(stack, "pk = :pk", values, ScanIndexForward=False)
    ]


def _one(letters: Sequence[Letter], message_id: str) -> Letter:
    if not letters:
        raise NotFoundError(f"No dead letter {message_id}. Another reader may have received it.")
    if len(letters) > 1:
        ids = ", ".join(one.message["MessageId"] for one in letters)
        raise UsageError(f"Several dead letters begin with {message_id}: {ids}")
    return letters[0]


def _record(items: Table, letter: Letter, reason: str) -> dict[str, Any]:
    """Return the item that stays of a dead letter: no content, which the event's item has."""
    now, body = time.time(), letter.message["Body"].encode()
    event = {"event_key": {"S": letter.key}} if letter.key else {}
    return {
        "pk": {"S": schema.DROPPED_LETTERS},
        "sk": {"S": schema.dropped_letter(iso(now), letter.message["MessageId"])},
        "reason": {"S": reason},
        "bytes": {"N": str(len(body))},
        "sha256": {"S": hashlib.sha256(body).hexdigest()},
        "expires_at": items.expiry(now),
        **event,
    }


def _document(record: Item) -> Document:
    at, _, message_id = record["sk"]["S"].partition("#")
    return {
        "at": at,
        "message_id": message_id,
        "key": record.get("event_key", {}).get("S"),
        "reason": record["reason"]["S"],
        "bytes": table.number(record, "bytes"),
        "sha256": record["sha256"]["S"],
    }
