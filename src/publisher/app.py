"""The publisher's Lambda function, on the stream of the events table.

It raises when an event was not published, and the whole batch comes again: published events are
published twice and have the same ids. Lambda halves the batch each time, so that an event which can
never be published stands alone. A partial batch response would save the repetition on AWS, but the
embedded AWS skips the failed records then (docs/decisions/0040-outbox-is-the-stream.md).
"""

from base64 import b64decode
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws import clients, observability, settings
from errors import HooksError
from ledger.members import Members
from published import publishing
from published.bus import Bus
from published.cloud_event import source_of
from published.publishing import Outcome, Ports


@cache
def _ports() -> Ports:
    own = settings.publisher_settings()
    return Ports(
        Members(clients.dynamodb, own.events_table, own.retention_days),
        Bus(clients.events, own.event_bus),
        source_of(settings.service_name()),
    )


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[Any]]:
    """Publish the events of a batch. Raises the first failure."""
    items = [_item(record["dynamodb"]["NewImage"]) for record in event["Records"]]
    outcome = publishing.publish(items, _ports())
    try:
        _log(outcome)
    finally:
        observability.flush()
    if outcome.failures:
        # Without the original error: its text may quote the event.
        raise HooksError(outcome.failures[0].error.reason) from None
    return {"batchItemFailures": []}


def _log(outcome: Outcome) -> None:
    observability.count(observability.PUBLISHED, len(outcome.published))
    for key in outcome.published:
        observability.log("info", "published", event_key=key)
    for key in outcome.incomplete:
        observability.log("warning", "published without its call or message", event_key=key)
    for failure in outcome.failures:
        reason = failure.error.reason
        observability.count_by_reason(observability.PUBLISH_FAILED, reason)
        observability.log(
            "error", "not published", event_key=failure.key, reason=reason, **failure.fields
        )


def _item(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stream's image as the client returns items: Lambda's JSON has bytes in base64."""
    return {
        name: {"B": b64decode(value["B"])} if "B" in value else value
        for name, value in image.items()
    }
