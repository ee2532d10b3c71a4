"""The consumer that all processors share: it processes each record of a batch on its own.

Only failed records are reported to SQS (partial batch response). SQS delivers them again after the
visibility timeout, and moves them to the dead-letter queue after the last receive.
"""

import time
from collections.abc import Callable
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
    BodyReplaced,
    HooksError,
    LedgerItemMissing,
    LedgerUnavailable,
    MessageUnreadable,
    ProcessingFailed,
    reason_of,
)
from justcall import envelope
from justcall.catalogue import kind_of
from justcall.consent import Change
from justcall.event import Event
from justcall.moments import epoch, iso, moment_of
from justcall.timeline import Entry
from ledger import queries
from ledger.consent import Consent
from ledger.events import Ledger
from messaging.message import Message, decode, event_of

# The sender's clock may be this far ahead of ours.
_CLOCK_SKEW_SECONDS = 300.0

type Processor = Callable[[dict[str, Any], Any], Any]


class Kind(NamedTuple):
    """A kind's name, and the function that makes an entry from its events."""

    name: str
    read: Callable[[envelope.Envelope], Entry]


class Tables(NamedTuple):
    """The AWS access that processing needs."""

    ledger: Ledger
    consent: Consent
    load: Callable[[str], Event]
    max_receives: int


def processor(name: str, read: Callable[[envelope.Envelope], Entry]) -> Processor:
    """Return the Lambda handler that processes events of one kind; `read` makes their entries."""
    kind = Kind(name, read)

    def handler(event: dict[str, Any], context: Any) -> Any:
        """Process a batch of SQS records; return which of them failed."""
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
    table = settings.events_table
    return Tables(
        Ledger(clients.dynamodb, table, settings.retention_days),
        Consent(clients.dynamodb, table),
        lambda key: queries.event(clients.dynamodb, table, key),
        settings.max_receives,
    )


def consume(record: SQSRecord, kind: Kind, tables: Tables) -> None:
    """Process one record; on failure record the reason and raise."""
    message = _message(record, kind.name)
    attempts = int(record.attributes.approximate_receive_count)
    try:
        done = _act(message, kind, tables, attempts)
    except BodyReplaced as error:
        # The stored event has a message of its own, or the sweeper sends one.
        observability.count(observability.REPLACED)
        observability.log("warning", "replaced", event_key=message.key, reason=error.reason)
        return
    except Exception as error:
        _fail(error, message, tables, attempts)
        if isinstance(error, HooksError):
            raise
        # The error's text may quote the body, and Powertools would log it when debugging.
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


def _message(record: SQSRecord, kind: str) -> Message:
    """Return the record's message. If it is unreadable, no event can record the failure."""
    try:
        message = decode(record.body)
        if kind_of(message.type) != kind:
            raise MessageUnreadable("message-of-another-kind")
    except MessageUnreadable as error:
        observability.count_by_reason(observability.FAILED, error.reason)
        observability.log("error", "failed", message_id=record.message_id, reason=error.reason)
        raise
    return message


def _act(message: Message, kind: Kind, tables: Tables, attempts: int) -> bool:
    """Write the event's effects; False if they were written before."""
    event = (
        tables.load(message.key)
        if message.body is None
        else event_of(message, message.body.encode())
    )
    parsed = envelope.read(event.body, event.dialect)
    entry = kind.read(parsed)
    at = _moment(event, parsed)
    contact = entry.number or entry.subjects[0]
    subjects = {"subjects": list(entry.subjects)} if entry.subjects else {}
    fields = {**subjects, **entry.fields}
    _record_consent(event, entry, at, tables.consent)
    now = time.time()
    try:
        return tables.ledger.process(event, contact, at, fields, attempts, now)
    except LedgerItemMissing:
        # The table was restored to an earlier time.
        tables.ledger.keep(event)
        return tables.ledger.process(event, contact, at, fields, attempts, now)


def _record_consent(event: Event, entry: Entry, at: str, consent: Consent) -> None:
    """Record the flags that the event changes, at the earlier of its own time and its arrival.

    A clock ahead of ours must not make an opt-in newer than an opt-out that comes after it.
    """
    if not entry.number:
        return
    since = min(at, iso(event.received_at))
    change = Change(entry.consent, entry.consent_if_set)
    consent.record(entry.number, change, since, event)


def _moment(event: Event, parsed: envelope.Envelope) -> str:
    """Return the event's own time, or its arrival if it has no time or claims a future one.

    Otherwise an event that claims the year 9999 would stay the newest for ever.
    """
    claimed = moment_of(parsed.timestamp) or event.event_time or envelope.event_time(parsed)
    latest = iso(event.received_at + _CLOCK_SKEW_SECONDS)
    return claimed if claimed and claimed <= latest else iso(event.received_at)


def _fail(error: Exception, message: Message, tables: Tables, attempts: int) -> None:
    """Record a failure on the ledger, in the metrics and in the log."""
    reason = reason_of(error)
    cause = observability.cause(error)
    detail = error.detail if isinstance(error, HooksError) else _bug(error, cause["error_place"])
    observability.count_by_reason(observability.FAILED, reason)
    observability.log(
        "error",
        "failed",
        event_key=message.key,
        attempts=attempts,
        reason=reason,
        detail=detail or None,
        **cause,
    )
    text = f"{reason}: {detail}" if detail else reason
    last = attempts >= tables.max_receives
    try:
        ledger, delivery_id = tables.ledger, message.delivery_id
        ledger.fail(message.key, delivery_id, text, attempts, time.time(), last=last)
    except LedgerUnavailable as unavailable:
        observability.log("error", "failure not recorded", **observability.cause(unavailable))


def _bug(error: Exception, place: object) -> str:
    """Return an error of ours by its class and the place in the code; its text may quote a body."""
    name = type(error).__name__
    return f"{name} at {place}" if place else name
