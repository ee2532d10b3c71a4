"""What becomes of each message in the queue of deliveries.

A CloudEvent becomes one delivery for each destination that wants it. A delivery is tried at once.
If that fails, the table keeps it until it arrives or is given up, and the queue or the timer brings
a reference to it back when it is due.

Several senders may have one delivery at a time: it then arrives twice, with the same `webhook-id`.
"""

from collections.abc import Callable
from typing import NamedTuple

from deliveries import backoff
from deliveries.attempt import Post, Result, attempt
from deliveries.backlog import Backlog
from deliveries.destination import GONE, Destination
from deliveries.directory import Directory
from deliveries.keys import Keys
from deliveries.matching import matches
from deliveries.message import Delivery, Published, Reference, delivery_of
from deliveries.outbox import MAX_DELAY_SECONDS, Outbox
from errors import OutboundFailed

# The timer brings a delivery back for which the queue has a message only after this much longer.
GRACE_SECONDS = 120.0


class Ports(NamedTuple):
    """What the sender needs."""

    directory: Directory
    backlog: Backlog
    keys: Keys
    outbox: Outbox
    post: Post
    dice: backoff.Dice


class Outcome(NamedTuple):
    """What became of one message, for the log and the metrics.

    `name` is routed, dropped, delivered, failed (an attempt), postponed (no attempt) or given-up.
    """

    name: str
    to: str | None = None
    key: str | None = None
    webhook_id: str | None = None
    attempts: int | None = None
    reason: str | None = None
    result: Result | None = None
    age: float | None = None


type Clock = Callable[[], float]


def handle(
    message: Delivery | Reference | Published, sent_at: float, ports: Ports, clock: Clock
) -> Outcome:
    """Do what a message asks for. Raises Unavailable, and then the message comes again."""
    match message:
        case Published():
            return _route(message, sent_at, ports, clock())
        case Reference():
            waiting = ports.backlog.find(message.to, message.id)
            if waiting is None:
                return Outcome("dropped", message.to, webhook_id=message.id, reason="not-waiting")
            return _deliver(waiting, ports, clock, has_item=True)
        case Delivery():
            return _deliver(message, ports, clock, has_item=message.again)


def _route(message: Published, sent_at: float, ports: Ports, now: float) -> Outcome:
    """Send one delivery to the queue for each destination that wants the event."""
    wanted = [
        one for one in ports.directory.all(now).values() if matches(one.filters, message.document)
    ]
    for one in wanted:
        ports.outbox.send(delivery_of(message.document, one.name, sent_at))
    key = message.document["data"]["event"]["key"]
    return Outcome("routed", key=key, attempts=len(wanted))


def _deliver(delivery: Delivery, ports: Ports, clock: Clock, *, has_item: bool) -> Outcome:
    """Try a delivery; `has_item` tells that the table may have an item of it."""
    now = clock()
    destination = ports.directory.find(delivery.to, now)
    if destination is None:
        return _outcome("dropped", delivery, reason="no-such-destination")
    if delivery.test:
        return _test(delivery, destination, ports, now)
    if destination.state.paused:
        ports.backlog.keep(delivery, now, f"destination-{destination.state.paused}", now)
        return _outcome("postponed", delivery, reason="destination-paused")
    if not ports.directory.take_turn(destination, now):
        return _postpone(delivery, destination, ports, now)
    result = _attempt(delivery, destination, ports, now)
    if result.reason:
        return _failed(delivery._replace(attempts=delivery.attempts + 1), result, ports, clock())
    if has_item:
        ports.backlog.remove(delivery.to, delivery.id)
    if destination.state.failures:
        ports.directory.note_success(delivery.to)
    age = max(clock() - delivery.first_at, 0.0)
    return _outcome("delivered", delivery, result=result)._replace(age=age)


def _attempt(delivery: Delivery, destination: Destination, ports: Ports, now: float) -> Result:
    try:
        keys = ports.keys.of(destination, now)
    except OutboundFailed as error:
        return Result(error.reason, 0)
    return attempt(ports.post, destination.url, delivery, keys, now)


def _postpone(delivery: Delivery, destination: Destination, ports: Ports, now: float) -> Outcome:
    """Keep a delivery while its destination is left alone; no attempt is counted."""
    reason = destination.state.last_error or "destination-failing"
    if now - delivery.first_at > backoff.MAX_AGE_SECONDS:
        ports.backlog.give_up(delivery, reason, now)
        return _outcome("given-up", delivery, reason=reason)
    longest = backoff.pause(backoff.MAX_FAILURES)
    due = max(destination.state.retry_at, now) + longest * ports.dice()
    ports.backlog.keep(delivery, due, reason, now)
    return _outcome("postponed", delivery, reason=reason)


def _failed(delivery: Delivery, result: Result, ports: Ports, now: float) -> Outcome:
    """Keep a delivery that failed until its next attempt, or for an operator."""
    ports.directory.note_failure(delivery.to, result.reason, now, result.retry_after)
    if result.gone:
        ports.directory.pause(delivery.to, GONE, now)
        ports.backlog.keep(delivery, now, result.reason, now)
        return _outcome("failed", delivery, reason=result.reason, result=result)
    seconds = backoff.delay(delivery.attempts, result.retry_after, ports.dice)
    if seconds is None:
        ports.backlog.give_up(delivery, result.reason, now)
        return _outcome("given-up", delivery, reason=result.reason, result=result)
    soon = seconds <= MAX_DELAY_SECONDS
    due = now + seconds + (GRACE_SECONDS if soon else 0.0)
    # Kept before it is sent: a sender that dies in between leaves it to the timer.
    ports.backlog.keep(delivery, due, result.reason, now)
    if soon:
        ports.outbox.send(Reference(delivery.to, delivery.id), seconds)
    return _outcome("failed", delivery, reason=result.reason, result=result)


def _test(delivery: Delivery, destination: Destination, ports: Ports, now: float) -> Outcome:
    """Try a made-up event once, also if the destination is paused or failing."""
    result = _attempt(delivery, destination, ports, now)
    summary = {
        "reason": result.reason,
        "status": result.status or "",
        "milliseconds": result.milliseconds,
    }
    ports.backlog.note_test(delivery, summary, now)
    if not result.reason and destination.state.failures:
        ports.directory.note_success(delivery.to)
    return _outcome("tested", delivery, reason=result.reason or None, result=result)


def _outcome(
    name: str, delivery: Delivery, reason: str | None = None, result: Result | None = None
) -> Outcome:
    return Outcome(name, delivery.to, delivery.key, delivery.id, delivery.attempts, reason, result)
