"""The notifier's two Lambda functions.

`handler` has the queue of published events and the table's stream. The event bus brings missed
calls, voicemails and inbound texts through the queue. Events that failed are on no bus, because
only processed events are published; the stream brings them.

`digest_handler` is invoked every hour by EventBridge Scheduler.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from aws import observability
from errors import HooksError
from ledger import schema
from notifier import digest, instant
from notifier.ports import ports

type Record = Mapping[str, Any]


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Notify people of a batch; return the messages that failed. For a stream it raises instead."""
    records = event["Records"]
    try:
        if records[0]["eventSource"] == "aws:dynamodb":
            return _of_stream(records)
        failed = [one["messageId"] for one in records if _attempt(_notify_event, one, _key(one))]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    finally:
        observability.flush()


def digest_handler(event: object, context: Any) -> dict[str, int]:
    """Send the digests that are owed. Raises the first failure, so that an alarm sees it."""
    try:
        report = digest.run(ports(), time.time())
    except HooksError as error:
        report = digest.Report(0, [error])
    for failure in report.failures:
        observability.failure(observability.NOTICE_FAILED, "digest not sent", failure)
    if report.sent:
        observability.count(observability.NOTICES_SENT, report.sent)
    observability.flush()
    if report.failures:
        raise HooksError(report.failures[0].reason)
    return {"sent": report.sent}


def _of_stream(records: list[Record]) -> dict[str, list[dict[str, str]]]:
    # The embedded AWS ignores a partial batch response of a stream (decision 40), so this raises.
    keys = [schema.key_of(one["dynamodb"]["Keys"]["pk"]["S"]) for one in records]
    attempts = zip(records, keys, strict=True)
    reasons = [reason for one, key in attempts if (reason := _attempt(_notify_failure, one, key))]
    if reasons:
        raise HooksError(reasons[0])
    return {"batchItemFailures": []}


def _notify_event(record: Record) -> str:
    return instant.notify_event(json.loads(record["body"])["detail"], ports(), time.time())


def _notify_failure(record: Record) -> str:
    return instant.notify_failure(record["dynamodb"]["NewImage"], ports())


def _attempt(act: Callable[[Record], str], record: Record, key: str | None) -> str | None:
    """Act on a record and log what was done; return the reason if it failed."""
    try:
        done = act(record)
    except Exception as error:
        return observability.failure(
            observability.NOTICE_FAILED, "notice not sent", error, event_key=key
        )
    observability.log("info", done, event_key=key)
    return None


def _key(record: Record) -> str | None:
    """Return the key of the event in a message, for the log; None if it is no event."""
    try:
        key: str = json.loads(record["body"])["detail"]["data"]["event"]["key"]
    except (ValueError, KeyError, TypeError):
        return None
    return key
