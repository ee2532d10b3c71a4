"""The sweeper's Lambda function. EventBridge Scheduler invokes it every minute."""

import time
from functools import cache
from typing import Any

from aws import clients, observability
from aws.settings import sweeper_settings
from ledger.events import Ledger
from ledger.sweeping import OpenEvents
from messaging.queues import Queues
from sweeper.sweep import Ports, Sweep

# A run stops this long before the function's time-out: one event takes three AWS calls, each of
# which can take five seconds.
RESERVE_MILLISECONDS = 20_000
# How many ids of dead letters a process remembers, so that it buries each once. Lambda replaces a
# process after some hours.
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
    """Run once. Raises the first failure, so that Lambda counts an error and an alarm sees it."""
    ports = _ports()
    if len(ports.buried) > _REMEMBERED:
        ports.buried.clear()
    run = Sweep(
        ports,
        time.time(),
        lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS,
    )
    try:
        run.run()
    finally:
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
        if keys:  # a metric that is written every minute costs money, also if it is 0
            observability.count(name, len(keys))
        for key in keys:
            observability.log("warning", name.lower(), event_key=key)
    for part, error in run.report.failures:
        observability.log(
            "error", "sweep failed", kind=part, reason=error.reason, **observability.cause(error)
        )
    observability.measure(observability.OLDEST_RECEIVED_AGE, run.oldest_seconds)
    observability.flush()
