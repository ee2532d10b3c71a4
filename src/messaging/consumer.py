"""One processor's way through a batch: read → act → commit, each record for itself.

A record that fails is reported back alone (partial batch response): it is delivered again after
its visibility timeout and ends in the dead-letter queue, while the rest of its batch commits.
"""

import json
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
from pydantic import ValidationError

from aws import clients, observability
from aws.settings import processor_settings
from errors import (
    HooksError,
    LedgerItemMissing,
    LedgerUnavailable,
    MessageUnreadable,
    ModelRefused,
    ProcessingFailed,
)
from justcall import envelope, subjects
from justcall.catalogue import REPEATABLE, kind_of
from justcall.event import RECEIVED, Event
from justcall.models import EventData
from justcall.moments import epoch, iso
from justcall.timeline import NO_NUMBER, Entry
from ledger.events import Ledger
from ledger.joining import Joining
from ledger.processing import ProcessingLedger
from messaging.message import Marker, Message, decode

# One event's errors must not fill its ledger item, nor the log, nor the function's memory.
_MOST_FIELDS = 10
_MOST_CHARACTERS = 1000
# How far the sender's clock may be ahead of ours.
_CLOCKS_SECONDS = 300.0

type Processor = Callable[[dict[str, Any], Any], Any]


class Reader[Data: EventData](NamedTuple):
    """How events of one dialect are read: a model, and the entry that it makes of the event.

    `entry` is given the event's type too, where several belong to the kind.
    """

    model: type[Data]
    entry: Callable[[Data, str], Entry]


class Kind(NamedTuple):
    """What a processor knows: its kind's name, and a reader for each dialect that has it."""

    name: str
    readers: Mapping[str, Reader[Any]]


class Tables(NamedTuple):
    """What processing needs of AWS."""

    ledger: Ledger
    processing: ProcessingLedger
    joining: Joining
    max_receives: int


def processor[Body: EventData, Url: EventData](
    name: str, *, body_signed: Reader[Body] | None = None, url_signed: Reader[Url] | None = None
) -> Processor:
    """Return the Lambda handler that acts on the events of one kind."""
    readers = {envelope.BODY_SIGNED: body_signed, envelope.URL_SIGNED: url_signed}
    kind = Kind(name, {dialect: one for dialect, one in readers.items() if one})

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
    reader = kind.readers.get(message.dialect)
    if reader is None:
        raise ModelRefused("dialect-unknown")
    entry = reader.entry(_validated(reader.model, read.data), read.type)
    subject = subjects.subject_of(read)
    shown = {
        "at": _moment(message, read),
        "key": message.key,
        "type": read.type,
        **({"subject": subject} if subject else {}),
        "number": entry.number,
        **entry.fields,
    }

    def commit() -> bool:
        return _commit(message.key, shown, entry.consent, tables, attempts)

    try:
        done = commit()
    except LedgerItemMissing:
        tables.ledger.keep(_event(message, body, read))
        done = commit()
    if subject and message.type not in REPEATABLE and entry.number != NO_NUMBER:
        # Also when it was done before: the one who did it may have died before it looked.
        tables.joining.adopt(subject, entry.number)
    return done


def _moment(message: Message, read: envelope.Envelope) -> str:
    """Return when it happened: the event's own time, or when it came if that is not to be believed.

    What claims to be of the year 9999 would be the newest news for ever.
    """
    told = message.event_time or envelope.event_time(read.timestamp)
    latest = iso(epoch(message.received_at) + _CLOCKS_SECONDS)
    return told if told and told <= latest else message.received_at


def _commit(
    key: str, shown: dict[str, Any], consent: Mapping[str, bool], tables: Tables, attempts: int
) -> bool:
    """Commit an entry where it belongs: one of a call without a number, where the call stands."""
    subject, now = shown.get("subject"), time.time()
    if not subject or shown["number"] != NO_NUMBER:
        return tables.processing.commit(key, shown, attempts, now, consent=consent)
    number = tables.joining.number_of(subject)
    if number:
        return tables.processing.commit(key, shown | {"number": number}, attempts, now)
    waiting = shown | {"number": subjects.pending(subject)}
    others = [one for one in subjects.keys_of(subject) if one != key]
    return tables.processing.commit(key, waiting, attempts, now, others)


def _validated[Data: EventData](model: type[Data], data: object) -> Data:
    # Text that was cut in the middle of an emoji holds half a character, which nothing can store.
    text = json.dumps(data, ensure_ascii=False).encode(errors="replace")
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise ModelRefused(detail=_fields(error)) from None


def _fields(error: ValidationError) -> str:
    """Return which fields were refused and for what, without what they held."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [f"{'.'.join(map(str, one['loc'])) or 'data'}: {one['type']}" for one in found]
    more = [f"and {len(shown) - _MOST_FIELDS} more"] if len(shown) > _MOST_FIELDS else []
    return ", ".join([*shown[:_MOST_FIELDS], *more])[:_MOST_CHARACTERS]


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
        event_time=message.event_time or envelope.event_time(read.timestamp),
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
