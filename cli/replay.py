"""Replaying events: what is done with each, from what the ledger says of it now.

The ledger's step comes first and the message second: whatever dies in between, the event is open
again, and the sweeper sends what is open and in no queue.
"""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

from aws.failures import AWS_FAILURES, error_code
from cli import read
from cli.reopening import Item, Reopening
from cli.send import AT_ONCE, in_order, paced
from cli.stack import Stack
from errors import HooksError, LedgerUnavailable, QueueUnavailable, Unreadable
from justcall import envelope, keys
from justcall.catalogue import kind_of
from justcall.event import PROCESSED, QUARANTINED, RECEIVED, UNHANDLED, Event
from justcall.moments import epoch
from ledger import bodies
from ledger.events import Ledger
from ledger.sweeping import event_of
from messaging.message import message_of
from messaging.queues import Queues

REPLAYED = "replayed"
SKIPPED = "skipped"
FAILED = "failed"
OUTCOMES = (REPLAYED, SKIPPED, FAILED)

_DAY_SECONDS = 86_400


class Outcome(NamedTuple):
    """What became of one event; `was` is the status that it had, `note` what to know besides."""

    key: str
    outcome: str
    was: str | None = None
    note: str | None = None
    replayed_as: str | None = None


class _Plan(NamedTuple):
    """What would be done, and what does it."""

    preview: Outcome
    act: Callable[[], Outcome]


class Replay:
    """Replays events of one stack, each by its key."""

    def __init__(
        self,
        stack: Stack,
        reason: str,
        *,
        force: bool = False,
        dry_run: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stack = stack
        self._force = force
        self._dry_run = dry_run
        self._clock = clock
        dynamodb, sqs = stack.client("dynamodb"), stack.client("sqs")
        self._dynamodb = dynamodb
        self._reopening = Reopening(dynamodb, stack.events_table, reason)
        self._queues = Queues(lambda: sqs, stack.queue_url_prefix)

    def __call__(self, key: str) -> Outcome:
        """Replay one event, or say why not; AWS's refusal is an outcome too."""
        try:
            items = read.ledger_items(self._stack, key)
            if not items:
                return Outcome(key, FAILED, note="there is no such event")
            plan = self._plan(key, items)
            if isinstance(plan, Outcome):
                return plan
            return plan.preview if self._dry_run else plan.act()
        except (*AWS_FAILURES, LedgerUnavailable) as error:
            return Outcome(key, FAILED, note=f"AWS refused: {_code(error)}")

    def _plan(self, key: str, items: Sequence[Item]) -> _Plan | Outcome:
        item = items[0]
        was = item["status"]["S"]
        body = _body(items)
        if body is None:
            return Outcome(key, FAILED, was, "its body is not whole")
        event = event_of(item, body)
        if was == QUARANTINED:
            return self._plan_anew(event, item)
        reason = _reason_to_skip(item, force=self._force)
        if reason:
            return Outcome(key, SKIPPED, was, reason)
        return _Plan(Outcome(key, REPLAYED, was), lambda: self._reopen(event, item))

    def _reopen(self, event: Event, item: Item) -> Outcome:
        processed = event.status == PROCESSED
        step = self._reopening.reopen_processed if processed else self._reopening.reopen
        if not step(item, self._clock()):
            return Outcome(event.key, SKIPPED, event.status, "it changed meanwhile; look again")
        return Outcome(event.key, REPLAYED, event.status, self._send(event))

    def _plan_anew(self, old: Event, item: Item) -> _Plan | Outcome:
        """Plan to keep a quarantined body as the event that can be read from it now."""
        if "replayed_as" in item:
            before = item["replayed_as"]["S"]
            return Outcome(old.key, SKIPPED, old.status, f"replayed before as {before}")
        try:
            event = _read_anew(old)
        except Unreadable as error:
            return Outcome(old.key, SKIPPED, old.status, f"still unreadable: {error.reason}")
        note = None if event.status == RECEIVED else _unhandled(event.type)
        preview = Outcome(old.key, REPLAYED, old.status, note, event.key)
        return _Plan(preview, lambda: self._keep_anew(preview, event, item))

    def _keep_anew(self, preview: Outcome, event: Event, item: Item) -> Outcome:
        ledger = Ledger(lambda: self._dynamodb, self._stack.events_table, _retention_days(item))
        kept = ledger.keep(event)
        outcome = preview
        if kept is None and event.status == RECEIVED:
            outcome = preview._replace(note=self._send(event))
        elif kept and kept.body_hash == event.body_hash:
            outcome = preview._replace(outcome=SKIPPED, note="kept under that key already")
        elif kept:
            ledger.keep_evidence(event)
            outcome = preview._replace(note="that key has other content: kept there as a conflict")
        if not self._reopening.mark(item, event.key, self._clock()):
            return outcome._replace(outcome=SKIPPED, note="it changed meanwhile; look again")
        return outcome

    def _send(self, event: Event) -> str | None:
        """Send an open event to its queue; return a warning if that failed."""
        try:
            self._queues.send(kind_of(event.type) or event.type, message_of(event))
        except QueueUnavailable as error:
            return f"its queue refused it ({_code(error)}); it is open, the sweeper will send it"
        return None


def run(
    replay: Callable[[str], Outcome],
    selected: Sequence[str],
    rate: float,
    limit: int | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Outcome]:
    """Yield what became of each event, until `limit` of them are replayed."""
    left = len(selected) if limit is None else limit
    slowly = paced(selected, rate, clock, sleep)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Rounds: what was skipped does not count, and nothing is begun that may be too many.
        while left and (turn := list(islice(slowly, 1))):
            for outcome in in_order(pool, replay, _with(turn, islice(slowly, left - 1))):
                left -= outcome.outcome == REPLAYED
                yield outcome


def _with(first: Sequence[str], others: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from others


def _reason_to_skip(item: Item, *, force: bool) -> str | None:
    was, kind = item["status"]["S"], item["type"]["S"]
    if was == UNHANDLED and kind_of(kind) is None:
        return _unhandled(kind)
    if was != PROCESSED:
        return None
    if not force:
        return "processed; --force replays it all the same"
    if "contact" not in item or "at" not in item:
        return "processed before the ledger told where its timeline entry stands"
    return None


def _unhandled(kind: str) -> str:
    return f"no processor for {kind}"


def _read_anew(old: Event) -> Event:
    """Return the event that a quarantined body holds. Raises Unreadable."""
    found = envelope.read(old.body)
    if not found.data:
        raise Unreadable("no-data")
    said = keys.event_hash(found, old.body, old.event_time)
    return old._replace(
        # Known again after a replay that died halfway.
        delivery_id=f"replay-{old.key}",
        key=keys.key_of(found, said),
        body_hash=said,
        type=found.type,
        dialect=found.dialect,
        status=RECEIVED if kind_of(found.type) else UNHANDLED,
        event_time=old.event_time or envelope.event_time(found),
    )


def _retention_days(item: Item) -> int:
    """Return for how many days the deployment keeps events, which only its items tell."""
    kept_seconds = int(item["expires_at"]["N"]) - int(epoch(item["received_at"]["S"]))
    return round(kept_seconds / _DAY_SECONDS)


def _body(items: Sequence[Any]) -> bytes | None:
    try:
        return bodies.unpack(items)
    except zlib.error:
        return None


def _code(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, HooksError) else error
    return error_code(cause) if isinstance(cause, Exception) else str(error)
