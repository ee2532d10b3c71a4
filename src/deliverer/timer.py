"""The timer's Lambda function. EventBridge Scheduler invokes it every minute."""

import time
from functools import cache
from typing import Any

from aws import clients, observability
from aws.settings import timer_settings
from deliveries import timer
from deliveries.backlog import Backlog
from deliveries.directory import Directory
from deliveries.outbox import Outbox
from deliveries.timer import Ports, Report

# A run stops this long before the function's time-out.
RESERVE_MILLISECONDS = 15_000


@cache
def _ports() -> Ports:
    own = timer_settings()
    return Ports(
        Directory(clients.dynamodb, own.events_table),
        Backlog(clients.dynamodb, own.events_table, own.retention_days),
        Outbox(clients.sqs, own.queue_url),
    )


def handler(event: object, context: Any) -> dict[str, int]:
    """Run once. Raises the first failure, so that Lambda counts an error."""
    report = timer.run(
        _ports(),
        time.time(),
        lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS,
    )
    try:
        _log(report)
    finally:
        observability.flush()
    if report.errors:
        raise report.errors[0][1]
    return report.sent


def _log(report: Report) -> None:
    for name, count in report.sent.items():
        if count:
            observability.log("info", "sent again", destination=name, deliveries=count)
    for name in report.failing:
        observability.log("warning", "destination failing", destination=name)
    for name, error in report.errors:
        observability.log(
            "error",
            "destination not looked at",
            destination=name,
            reason=error.reason,
            **observability.cause(error),
        )
    if report.failing:  # a metric that is written every minute costs money, also if it is 0
        observability.count(observability.FAILING_DESTINATIONS, len(report.failing))
