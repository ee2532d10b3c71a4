"""Replay events; the status on the ledger decides how.

The ledger changes first, then the message is sent. After a crash in between, the event is
*received*, and the sweeper sends it.
"""

import time
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from aws.failures import AWS_FAILURES, error_code
from cli import evidence, outcomes, reinterpreting
from cli.history import History
from cli.outcomes import FAILED, REPLAYED, SKIPPED, Outcome, unhandled
from cli.reading import table
from cli.reading.table import Item
from cli.stack import Stack
from errors import HooksError, LedgerUnavailable, QueueUnavailable, Unreadable
from justcall.catalogue import kind_of
from justcall.event import QUARANTINED, RECEIVED, Event
from ledger import bodies
from ledger.events import Ledger
from ledger.items import event_of
from messaging.message import message_of
from messaging.queues import Queues

_REFUSALS: tuple[type[Exception], ...] = (*AWS_FAILURES, LedgerUnavailable)
CONFLICT = "conflict"  # shown as the status of evidence
_CHANGED = "it has changed meanwhile; try again"


class _Plan(NamedTuple):
    """The outcome that a dry run shows, and the action."""

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
        self._force, self._dry_run = force, dry_run
        self._clock = clock
        dynamodb, sqs = stack.client("dynamodb"), stack.client("sqs")
        self._history = History(dynamodb, stack.events_table, reason)
        self._queues = Queues(lambda: sqs, stack.queue_url_prefix)

    def __call__(self, key: str) -> Outcome:
        """Replay one event and return the outcome, also if AWS refuses."""
        try:
            items = table.ledger_items(self._stack, key)
            if not items:
                return Outcome(key, FAILED, note="there is no such event")
            plan = self._plan(key, items)
            if isinstance(plan, Outcome):
                return plan
            return plan.preview if self._dry_run else plan.act()
        except _REFUSALS as error:
            return Outcome(key, FAILED, note=f"AWS refused: {_code(error)}")

    def conflict(self, key: str, items: Sequence[Item]) -> Outcome:
        """Store the evidence of a conflict as an event of its own, and send it."""
        try:
            event = evidence.event_in(items)
            if event is None:
                return Outcome(key, FAILED, CONFLICT, "its body is incomplete")
            outcome = Outcome(key, REPLAYED, CONFLICT, replayed_as=event.key)
            if table.ledger_items(self._stack, event.key):
                return outcome._replace(outcome=SKIPPED, note="that event exists already")
            return outcome if self._dry_run else self._keep_evidence(outcome, event, items[0])
        except _REFUSALS as error:
            return Outcome(key, FAILED, CONFLICT, f"AWS refused: {_code(error)}")

    def _keep_evidence(self, outcome: Outcome, event: Event, item: Item) -> Outcome:
        if self._ledger(item).keep(event):
            return outcome._replace(outcome=SKIPPED, note=_CHANGED)
        notes = self._send(event), self._add(event.key, CONFLICT, self._clock())
        return outcome._replace(note=notes[0] or notes[1])

    def _plan(self, key: str, items: Sequence[Item]) -> _Plan | Outcome:
        item = items[0]
        was = item["status"]["S"]
        body = _body(items)
        if body is None:
            return Outcome(key, FAILED, was, "its body is incomplete")
        event = event_of(item, body)
        if event.type == QUARANTINED:  # also if it was dismissed
            return self._plan_anew(event, item)
        reason = outcomes.reason_to_skip(event, force=self._force)
        if reason:
            return Outcome(key, SKIPPED, was, reason)
        return _Plan(Outcome(key, REPLAYED, was), lambda: self._reopen(event, item))

    def _reopen(self, event: Event, item: Item) -> Outcome:
        now = self._clock()
        if not self._ledger(item).reopen(event.key, event.status, now):
            return Outcome(event.key, SKIPPED, event.status, _CHANGED)
        notes = self._send(event), self._add(event.key, event.status, now)
        return Outcome(event.key, REPLAYED, event.status, notes[0] or notes[1])

    def _add(self, key: str, was: str, now: float) -> str | None:
        """Record the reason of a replay; return a warning if that fails."""
        try:
            self._history.add(key, was, now)
        except AWS_FAILURES as error:
            return f"replayed, but the reason was not recorded: {_code(error)}"
        return None

    def _plan_anew(self, old: Event, item: Item) -> _Plan | Outcome:
        """Plan to store a quarantined body as the event that today's code reads from it."""
        if "replayed_as" in item:
            before = item["replayed_as"]["S"]
            return Outcome(old.key, SKIPPED, old.status, f"was replayed before, as {before}")
        try:
            event = reinterpreting.event_in(old)
        except Unreadable as error:
            return Outcome(old.key, SKIPPED, old.status, f"still unreadable: {error.reason}")
        note = None if event.status == RECEIVED else unhandled(event.type)
        preview = Outcome(old.key, REPLAYED, old.status, note, event.key)
        return _Plan(preview, lambda: self._keep_anew(preview, event, item))

    def _keep_anew(self, preview: Outcome, event: Event, item: Item) -> Outcome:
        ledger = self._ledger(item)
        existing = ledger.keep(event)
        outcome = preview
        if existing is None and event.status == RECEIVED:
            outcome = preview._replace(note=self._send(event))
        elif existing and existing.body_hash == event.body_hash:
            outcome = preview._replace(outcome=SKIPPED, note="that event exists already")
        elif existing:
            ledger.keep_evidence(event)
            outcome = preview._replace(
                note="another event has that key; this one is stored there as a conflict"
            )
        if not self._history.mark(
            preview.key, event.key, preview.was or QUARANTINED, self._clock()
        ):
            return outcome._replace(outcome=SKIPPED, note=_CHANGED)
        return outcome

    def _ledger(self, item: Item) -> Ledger:
        client = self._stack.client("dynamodb")
        days = reinterpreting.retention_days(item)
        return Ledger(lambda: client, self._stack.events_table, days)

    def _send(self, event: Event) -> str | None:
        """Send an open event to its queue; return a warning if that fails."""
        try:
            self._queues.send(kind_of(event.type) or event.type, message_of(event))
        except QueueUnavailable as error:
            return f"the queue refused it ({_code(error)}); the sweeper will send it"
        return None


def _body(items: Sequence[Item]) -> bytes | None:
    try:
        return bodies.unpack(items)
    except zlib.error:
        return None


def _code(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, HooksError) else error
    return error_code(cause) if isinstance(cause, Exception) else str(error)
