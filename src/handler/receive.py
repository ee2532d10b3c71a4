"""What happens to a delivery, in order: verify → read → keep → send.

It knows no HTTP and no boto3; the ports below are what it needs of both sides.
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
# A first delivery whose event is still only received after this long may have died between its
# put and its send. Sending twice is safe: the processor acts once.
RESEND_AFTER_SECONDS = 30.0


class LedgerPort(Protocol):
    """Where events are kept. Every method raises LedgerUnavailable."""

    def keep(self, event: Event, /) -> Existing | None:
        """Write the event unless its key is taken; return what is there."""

    def keep_evidence(self, event: Event, /) -> None:
        """Write a delivery whose key is taken by other content."""

    def take_over(self, event: Event, existing: Existing, /) -> Existing | None:
        """Write the event in place of a less authentic one; return what else is there."""

    def count_delivery(self, key: str, now: float, /, *, sent: bool) -> None:
        """Count one more delivery of a kept event."""


class QueuesPort(Protocol):
    """Where events go. Raises QueueUnavailable."""

    def send(self, kind: str, message: Message, /) -> None:
        """Send the event to its kind's queue."""


class Ports[T: Time](NamedTuple):
    """All that receiving needs of AWS, and what the deployment accepts."""

    secrets: SecretsPort[T]
    ledger: LedgerPort
    queues: QueuesPort
    policy: Policy = Policy()


class Outcome(NamedTuple):
    """How a delivery ended; `name` is one of the words below, also in metrics and answers."""

    name: str
    key: str | None = None
    reason: str | None = None


ACCEPTED = "accepted"
DUPLICATE = "duplicate"
CONFLICT = "conflict"
PROBE = "probe"
# The reasons of events that are accepted though their key was taken by other content.
TOLD_AGAIN = "told-again"
TAKEN_OVER = "taken-over"
# The reason that goes with an outcome whose delivery was signed with the previous secret.
PREVIOUS_SECRET = "previous-secret"  # noqa: S105  (no secret)


def receive[T: Time](delivery: Delivery, ports: Ports[T], deadline: T) -> Outcome:
    """Take one delivery to its outcome; whoever gets one may answer 200.

    Raises BodyTooLarge or SignatureRefused for what can never be right, and an Unavailable for
    what the sender should try again. Nothing unsigned has any effect.
    """
    if len(delivery.body) > MAX_BODY_BYTES:
        raise BodyTooLarge
    try:
        verified = authenticate(delivery, ports.secrets, ports.policy, deadline)
    except (SignatureRefused, SecretUnavailable, NotRightYet):
        # Whether JustCall signs its probe is disputed, and a URL may be saved before the secret is
        # here, or before this deployment knows that it is registered under it.
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
    """Take a delivery whose key is taken to its outcome.

    Other content is an event of its own, unless one of the two is better authenticated: that one
    has the key, and the other becomes evidence.
    """
    deadline.require_call()
    if existing.body_hash == event.body_hash:
        return _duplicate(event, existing, ports, deadline)
    if existing.dialect == event.dialect:
        event = event._replace(key=keys.with_content(event.key, event.body_hash))
        found, reason = ports.ledger.keep(event), TOLD_AGAIN
    elif event.dialect == URL_SIGNED:
        ports.ledger.keep_evidence(event)
        return Outcome(CONFLICT, event.key)
    else:
        found, reason = ports.ledger.take_over(event, existing), TAKEN_OVER
    if found is not None:
        return _decide(event, found, ports, deadline)
    return _accepted(event, reason, ports, deadline)


def _duplicate[T: Time](event: Event, existing: Existing, ports: Ports[T], deadline: T) -> Outcome:
    lost = (
        existing.status == RECEIVED and event.received_at - existing.sent_at > RESEND_AFTER_SECONDS
    )
    if lost:
        # Of two url-signed deliveries only `data` is the same: the processor reads what is kept.
        message = message_of(event)._replace(
            delivery_id=existing.delivery_id, body=None, received_at=iso(existing.received_at)
        )
        _send(event.type, message, ports.queues)
        deadline.require_call()
    # The event is kept: a count that can't be written is no reason to ask for it again.
    with suppress(LedgerUnavailable):
        ports.ledger.count_delivery(event.key, event.received_at, sent=lost)
    return Outcome(DUPLICATE, event.key)


def _send(event_type: str, message: Message, queues: QueuesPort) -> None:
    kind = kind_of(event_type)
    if kind:  # an unhandled type has no queue
        queues.send(kind, message)


def _read(delivery: Delivery, verified: Verified) -> Event:
    """Return the event in a body. Raises Unreadable."""
    # Whose bytes are signed may have any shape that we know.
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
