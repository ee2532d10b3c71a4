"""Logs and metrics with Powertools: ids, sizes and reasons; never bodies, numbers or secrets.

For everything but the handler; the handler writes the same metrics with `aws.emf`.

Powertools takes the service, the namespace and the level from the environment that the template
sets. Its tracer is not imported: X-Ray's SDK would cost more than the whole cold start, and active
tracing needs no SDK.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric
from aws_lambda_powertools.shared import user_agent
from botocore import unregister_initializer

from aws.failures import cause
from errors import reason_of

# Powertools adds its name to the user agent of every AWS request: 3 % of the handler's CPU
# (make bench), and there is no switch.
unregister_initializer(user_agent._initializer_botocore_session)  # noqa: SLF001  (no other handle)

__all__ = ["cause", "count", "count_by_reason", "failure", "flush", "log", "measure"]

# Every line is written from here, so Powertools' own location would always be the same.
logger = Logger(location=None)
metrics = Metrics()

type Level = Literal["info", "warning", "error"]
_WRITE: Mapping[Level, Callable[..., None]] = {
    "info": logger.info,
    "warning": logger.warning,
    "error": logger.error,
}

# The metrics' names, each counted or measured once for each event it is about.
PROCESSED = "Processed"
ALREADY_PROCESSED = "AlreadyProcessed"
REPLACED = "Replaced"  # messages whose event was replaced by a better authenticated one
FAILED = "Failed"
RESENT = "Resent"
STUCK = "Stuck"
BURIED = "Buried"
PUBLISHED = "Published"
PUBLISH_FAILED = "PublishFailed"
DELIVERED = "Delivered"
DELIVERY_FAILED = "DeliveryFailed"  # attempts
DELIVERY_GIVEN_UP = "DeliveryGivenUp"
DELIVERER_FAILED = "DelivererFailed"  # records that AWS let fail
FAILING_DESTINATIONS = "FailingDestinations"
DELIVERY_LATENCY = "DeliveryLatency"
NOTICES_SENT = "NoticesSent"
NOTICE_FAILED = "NoticeFailed"
RECORDING_ARCHIVED = "RecordingArchived"
RECORDING_ATTEMPT_FAILED = "RecordingAttemptFailed"
RECORDING_LATE = "RecordingLate"  # failed attempts, hours after the event
RECORDING_FAILED = "RecordingFailed"  # given up
ARCHIVER_FAILED = "ArchiverFailed"  # messages that AWS let fail
OLDEST_RECEIVED_AGE = "OldestReceivedAge"
END_TO_END_LATENCY = "EndToEndLatency"


def count(name: str, amount: int = 1) -> None:
    """Add to a count that is written when the invocation ends."""
    metrics.add_metric(name, MetricUnit.Count, amount)


def count_by_reason(name: str, reason: str) -> None:
    """Count one failure, in total and by its reason (a slug of `errors`)."""
    count(name)
    _count_with(name, "reason", reason)


def count_for(name: str, destination: str) -> None:
    """Count one for a destination, whose name is a dimension."""
    _count_with(name, "destination", destination)


def failure(name: str, text: str, error: Exception, **fields: object) -> str:
    """Count and log a failure that AWS or a mistake of ours caused; return its reason."""
    reason = reason_of(error)
    count_by_reason(name, reason)
    log("error", text, **fields, reason=reason, **cause(error))
    return reason


def measure(name: str, seconds: float) -> None:
    """Add a duration that is written, in milliseconds, when the invocation ends."""
    metrics.add_metric(name, MetricUnit.Milliseconds, round(max(seconds, 0.0) * 1000, 1))


def flush(**fields: object) -> None:
    """Write the metrics of this invocation in one line, with fields; None is left out.

    It writes nothing if nothing was counted or measured.
    """
    if not metrics.metric_set:
        return  # Powertools would warn
    for name, value in fields.items():
        if value is not None:
            metrics.add_metadata(name, value)
    metrics.flush_metrics()


def log(level: Level, text: str, **fields: object) -> None:
    """Write one log line; a field that is None is left out."""
    extra = {name: value for name, value in fields.items() if value is not None}
    _WRITE[level](text, extra=extra)


def _count_with(name: str, dimension: str, value: str) -> None:
    """Count one at once, with a dimension besides the service."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("service", str(metrics.service))
        metric.add_dimension(dimension, value)
