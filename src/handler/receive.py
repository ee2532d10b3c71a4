"""Receive a delivery, in this order: verify it, read the event, store it, send it to its queue.

No HTTP and no boto3 here; the ports below are the interfaces to both.
"""

from contextlib import suppress
from typing import NamedTuple, Protocol

from errors import (
    BodyTooLarge,
    LedgerUnavailable,
    NotRightYet,
    SecretUnavailable,
    SignatureRefused,
    Unreadable,
)
from handler.authenticate import Delivery, Policy, SecretsPort, Time, Verified, authenticate
from justcall import envelope, keys
from justcall.catalogue import kind_of
from justcall.envelope import URL_SIGNED
from justcall.event import QUARANTINED, RECEIVED, UNHANDLED, Event
from justcall.moments import iso
from ledger.items import Existing
from messaging.message import Message, message_of

MAX_BODY_BYTES = 1_048_576
# If an event is still *received* this long after its last send, the handler may have died between
# put and send. Sending twice is safe: the processor acts once.
RESEND_AFTER_SECONDS = 30.0


class LedgerPort(Protocol):
    """Stores events. Every method raises LedgerUnavailable."""

    def keep(self, event: Event, /) -> Existing | None:
        """Write the event unless its key is taken; then return the existing item."""

    def keep_evidence(self, event: Event, /) -> None:
        """Write a delivery whose key has other content, beside the existing event."""

    def take_over(self, event: Event, existing: Existing, /) -> Existing | None:
        """Write the event in place of a less authentic one; return an item written meanwhile."""

    def count_delivery(self, key: str, now: float, /, *, sent: bool) -> None:
        """Count one more delivery of a kept event."""


class QueuesPort(Protocol):
    """Sends events. Raises QueueUnavailable."""

    def send(self, kind: str, message: Message, /) -> None:
        """Send the event to its kind's queue."""


class Ports[T: Time](NamedTuple):
    """The AWS access that receiving needs, and what the deployment accepts."""

    secrets: SecretsPort[T]
    ledger: LedgerPort
    queues: QueuesPort
    policy: Policy = Policy()


class Outcome(NamedTuple):
    """The result of a delivery; `name` is a constant below, also used in metrics and answers."""

    name: str
    key: str | None = None
    reason: str | None = None


ACCEPTED = "accepted"
DUPLICATE = "duplicate"
CONFLICT = "conflict"
PROBE = "probe"
# The reasons of accepted events whose key was taken by other content.
NEW_CONTENT = "new-content"
TAKEN_OVER = "taken-over"
# The reason of a delivery that was signed with the previous secret.
PREVIOUS_SECRET = "previous-secret"  # noqa: S105  (no secret)


def receive[T: Time](delivery: Delivery, ports: Ports[T], deadline: T) -> Outcome:
    """Process one delivery and return its outcome, which is answered with 200.

    Raises BodyTooLarge or SignatureRefused if a retry cannot succeed, and an Unavailable if the
    sender should retry. Nothing unsigned has any effect.
    """
    if len(delivery.body) > MAX_BODY_BYTES:
        raise BodyTooLarge
    try:
        verified = authenticate(delivery, ports.secrets, ports.policy, deadline)
    except (SignatureRefused, SecretUnavailable, NotRightYet):
        # Sources disagree whether JustCall signs its probe. And a user may save the URL before the
        # secret is stored, or before CustomWebhookUrl is deployed.
        if envelope.is_probe(delivery.body):
            return Outcome(PROBE)
        raise
    outcome = _accept(delivery, verified, ports, deadline)
    if verified.rotated and outcome.reason is None:
        return outcome._replace(reason=PREVIOUS_SECRET)
    return outcome


def _accept[T: Time](
    delivery: Delivery, verified: Verified, ports: Ports[T], deadline: T
) -> Outcome:
    try:
        event, reason = _read(delivery, verified), None
    except Unreadable as unreadable:
        if envelope.is_probe(delivery.body):
            return Outcome(PROBE)
        event, reason = _quarantined(delivery, verified), unreadable.reason
    deadline.require_call()
    existing = ports.ledger.keep(event)
    if existing is not None:
        return _decide(event, existing, ports, deadline)
    return _accepted(event, reason, ports, deadline)


def _accepted[T: Time](event: Event, reason: str | None, ports: Ports[T], deadline: T) -> Outcome:
    if event.status != RECEIVED:
        return Outcome(event.status, event.key, reason)
    deadline.require_call()
    _send(event.type, message_of(event), ports.queues)
    return Outcome(ACCEPTED, event.key, reason)


def _decide[T: Time](event: Event, existing: Existing, ports: Ports[T], deadline: T) -> Outcome:
    """Process a delivery whose key is taken.

    Other content becomes an event of its own, if both are in the same dialect. Else the body-signed
    one gets or keeps the key, and the url-signed one becomes evidence.
    """
    deadline.require_call()
    if existing.body_hash == event.body_hash:
        return _duplicate(event, existing, ports, deadline)
    if existing.dialect == event.dialect:
        event = event._replace(key=keys.with_content(event.key, event.body_hash))
        other, reason = ports.ledger.keep(event), NEW_CONTENT
    elif event.dialect == URL_SIGNED:
        ports.ledger.keep_evidence(event)
        return Outcome(CONFLICT, event.key)
    else:
        other, reason = ports.ledger.take_over(event, existing), TAKEN_OVER
    if other is not None:
        return _decide(event, other, ports, deadline)
    return _accepted(event, reason, ports, deadline)


def _duplicate[T: Time](event: Event, existing: Existing, ports: Ports[T], deadline: T) -> Outcome:
    lost = (
        existing.status == RECEIVED and event.received_at - existing.sent_at > RESEND_AFTER_SECONDS
    )
    if lost:
        # Two url-signed duplicates share only `data`, so the processor must read the stored body.
        message = message_of(event)._replace(
            delivery_id=existing.delivery_id, body=None, received_at=iso(existing.received_at)
        )
        _send(event.type, message, ports.queues)
        deadline.require_call()
    # The event is stored. A lost count is no reason to ask the sender for a retry.
    with suppress(LedgerUnavailable):
        ports.ledger.count_delivery(event.key, event.received_at, sent=lost)
    return Outcome(DUPLICATE, event.key)


def _send(event_type: str, message: Message, queues: QueuesPort) -> None:
    kind = kind_of(event_type)
    if kind:  # an unhandled type has no queue
        queues.send(kind, message)


def _read(delivery: Delivery, verified: Verified) -> Event:
    """Return the event in a body. Raises Unreadable."""
    # A body-signed delivery may have either envelope, because its bytes are authentic.
    shape = URL_SIGNED if verified.dialect == URL_SIGNED else None
    parsed = envelope.read(delivery.body, shape)
    if not parsed.data:
        raise Unreadable("no-data")
    event_hash = keys.event_hash(parsed, delivery.body, verified.sent_at)
    return Event(
        delivery_id=delivery.id,
        key=keys.key_of(parsed, event_hash),
        type=parsed.type,
        dialect=verified.dialect,
        status=RECEIVED if kind_of(parsed.type) else UNHANDLED,
        body=delivery.body,
        body_hash=event_hash,
        received_at=delivery.received_at,
        event_time=verified.sent_at,
    )


def _quarantined(delivery: Delivery, verified: Verified) -> Event:
    body_hash = keys.content_hash(delivery.body)
    return Event(
        delivery_id=delivery.id,
        key=keys.quarantine_key(body_hash),
        type=QUARANTINED,
        dialect=verified.dialect,
        status=QUARANTINED,
        body=delivery.body,
        body_hash=body_hash,
        received_at=delivery.received_at,
        event_time=verified.sent_at,
    )
