"""One processor's way through a batch: read → act → commit, each record for itself.

A record that fails is reported back alone (partial batch response): it is delivered again after
its visibility timeout and ends in the dead-letter queue, while the rest of its batch commits.
"""

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from aws import clients, observability
from aws.settings import processor_settings
from errors import (
    HooksError,
    LedgerItemMissing,
    LedgerUnavailable,
    MessageUnreadable,
    ProcessingFailed,
)
from justcall import envelope
from justcall.catalogue import kind_of
from justcall.event import RECEIVED, Event
from justcall.moments import epoch, iso
from justcall.timeline import Entry
from ledger.events import Ledger
from ledger.joining import Joining
from ledger.processing import ProcessingLedger
from messaging.message import Marker, Message, decode

# How far the sender's clock may be ahead of ours.
_CLOCKS_SECONDS = 300.0

type Processor = Callable[[dict[str, Any], Any], Any]


class Kind(NamedTuple):
    """What a processor knows: its kind's name, and how an event becomes an entry."""

    name: str
    read: Callable[[envelope.Envelope], Entry]


class Tables(NamedTuple):
    """What processing needs of AWS."""

    ledger: Ledger
    processing: ProcessingLedger
    joining: Joining
    max_receives: int


def processor(name: str, read: Callable[[envelope.Envelope], Entry]) -> Processor:
    """Return the Lambda handler that acts on the events of one kind."""
    kind = Kind(name, read)

    def handler(event: dict[str, Any], context: Any) -> Any:
        """Take a batch of SQS records and answer which of them failed."""
        batch = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        try:
            return process_partial_response(
                event, lambda record: consume(record, kind, _tables()), batch, context
            )
        finally:
            observability.flush()

    return handler


@cache
def _tables() -> Tables:
    settings = processor_settings()
    return Tables(
        Ledger(clients.dynamodb, settings.events_table, settings.retention_days),
        ProcessingLedger(clients.dynamodb, settings.events_table),
        Joining(clients.dynamodb, settings.events_table),
        settings.max_receives,
    )


def consume(record: SQSRecord, kind: Kind, tables: Tables) -> None:
    """Act on one record, or note why not and raise."""
    message = _message(record, kind.name)
    if isinstance(message, Marker):
        tables.processing.note_marker(message)
        return
    attempts = int(record.attributes.approximate_receive_count)
    try:
        done = _act(message, kind, tables, attempts)
    except Exception as error:
        _fail(error, message, tables, attempts)
        if isinstance(error, HooksError):
            raise
        # Whatever it was, its text may quote the body, and Powertools would log it when debugging.
        raise ProcessingFailed("unexpected") from None
    now = time.time()
    observability.count(observability.PROCESSED if done else observability.ALREADY_PROCESSED)
    if done:
        observability.measure(observability.END_TO_END_LATENCY, now - epoch(message.received_at))
    observability.log(
        "info",
        "processed" if done else "already processed",
        event_key=message.key,
        attempts=attempts,
    )


def _message(record: SQSRecord, kind: str) -> Message | Marker:
    """Return the record's message, or the sweeper's marker.

    One that is none of ours has no event to note a failure on.
    """
    try:
        message = decode(record.body)
        named = message.kind if isinstance(message, Marker) else kind_of(message.type)
        if named != kind:
            raise MessageUnreadable("message-of-another-kind")
    except MessageUnreadable as error:
        observability.count_by_reason(observability.FAILED, error.reason)
        observability.log("error", "failed", message_id=record.message_id, reason=error.reason)
        raise
    return message


def _act(message: Message, kind: Kind, tables: Tables, attempts: int) -> bool:
    """Write the event's effects; False if that was done before."""
    body = tables.processing.body(message.key) if message.body is None else message.body.encode()
    read = envelope.read(body, message.dialect)
    entry = kind.read(read)
    shown = {
        "at": _moment(message, read),
        "key": message.key,
        "type": read.type,
        **({"subjects": list(entry.subjects)} if entry.subjects else {}),
        "number": entry.number or entry.subjects[0],
        **entry.fields,
    }

    def commit() -> bool:
        return _commit(message.key, shown, entry.consent, tables, attempts)

    try:
        done = commit()
    except LedgerItemMissing:
        tables.ledger.keep(_event(message, body, read))
        done = commit()
    return done


def _moment(message: Message, read: envelope.Envelope) -> str:
    """Return when it happened: the event's own time, or when it came if that is not to be believed.

    What claims to be of the year 9999 would be the newest news for ever.
    """
    told = message.event_time or envelope.event_time(read)
    latest = iso(epoch(message.received_at) + _CLOCKS_SECONDS)
    return told if told and told <= latest else message.received_at


def _commit(
    key: str, shown: dict[str, Any], consent: Mapping[str, bool], tables: Tables, attempts: int
) -> bool:
    """Commit an entry."""
    return tables.processing.commit(key, shown, attempts, time.time(), consent=consent)


def _event(message: Message, body: bytes, read: envelope.Envelope) -> Event:
    return Event(
        delivery_id=f"put-back-{message.key}",
        key=message.key,
        type=message.type,
        dialect=message.dialect,
        status=RECEIVED,
        body=body,
        body_hash=message.body_hash,
        received_at=epoch(message.received_at),
        event_time=message.event_time or envelope.event_time(read),
    )


def _fail(error: Exception, message: Message, tables: Tables, attempts: int) -> None:
    """Write a failure on the ledger, the metrics and the log."""
    reason = error.reason if isinstance(error, HooksError) else "unexpected"
    detail = error.detail if isinstance(error, HooksError) else type(error).__name__
    observability.count_by_reason(observability.FAILED, reason)
    observability.log(
        "error",
        "failed",
        event_key=message.key,
        attempts=attempts,
        reason=reason,
        detail=detail or None,
        **observability.cause(error),
    )
    text = f"{reason}: {detail}" if detail else reason
    last = attempts >= tables.max_receives
    try:
        tables.processing.note_failure(message.key, text, attempts, time.time(), last=last)
    except LedgerUnavailable as unavailable:
        observability.log("error", "failure not noted", **observability.cause(unavailable))
