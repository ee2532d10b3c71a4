"""The sweeper's edge: EventBridge Scheduler's call in, a run, its figures out."""

import time
from functools import cache
from typing import Any

from aws import clients, observability
from aws.settings import sweeper_settings
from ledger.events import Ledger
from ledger.sweeping import OpenEvents
from messaging.queues import Queues
from sweeper.sweep import Ports, Sweep

# A run leaves that much of its function's time unused: one event's three calls at their slowest.
RESERVE_MILLISECONDS = 20_000
# Dead letters are remembered by the id, in a process that lives for some hours.
_REMEMBERED = 10_000


@cache
def _ports() -> Ports:
    settings = sweeper_settings()
    return Ports(
        ledger=Ledger(clients.dynamodb, settings.events_table, settings.retention_days),
        open_events=OpenEvents(clients.dynamodb, settings.events_table),
        queues=Queues(clients.sqs, settings.queue_url_prefix, settings.dead_letter_queue_url),
        buried={},
    )


def handler(event: object, context: Any) -> dict[str, int]:
    """Run once; raises what kept it from its work, so that the function's errors alarm."""
    ports = _ports()
    if len(ports.buried) > _REMEMBERED:
        ports.buried.clear()
    run = Sweep(
        ports,
        time.time(),
        lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS,
    )
    run.run()
    _log(run)
    if run.report.failures:
        raise run.report.failures[0][1]
    return {name: len(getattr(run.report, name)) for name in ("resent", "stuck", "buried")}


def _log(run: Sweep) -> None:
    for name, keys in (
        (observability.RESENT, run.report.resent),
        (observability.STUCK, run.report.stuck),
        (observability.BURIED, run.report.buried),
    ):
        observability.count(name, len(keys))
        for key in keys:
            observability.log("warning", name.lower(), event_key=key)
    for part, error in run.report.failures:
        observability.log(
            "error", "sweep failed", kind=part, reason=error.reason, **observability.cause(error)
        )
    observability.measure(observability.OLDEST_RECEIVED_AGE, run.oldest_seconds)
    observability.flush()
