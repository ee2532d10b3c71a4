"""Notifying people of one event, at once or in the next digest."""

from collections.abc import Mapping
from typing import Any

from aws import observability
from justcall.moments import epoch
from notices import event, failure
from notifier.ports import Ports

# `hooks publish` may publish the events of a year again; that must not ring anybody's phone.
MAX_AGE_SECONDS = 86_400.0


def notify_event(document: Mapping[str, Any], ports: Ports, now: float) -> str:
    """Send the notice of a published event, or let it wait for the digest; return the outcome.

    Raises LedgerUnavailable or TopicUnavailable; then the caller retries.
    """
    data, name = document["data"]["event"], event.name_of(document)
    key, kind = data["key"], data["kind"]
    if not event.is_notifiable(document):
        return "no notice needed"
    if ports.hourly:
        is_new = ports.notices.wait(name, key, data["received_at"], now)
        return "waits for the digest" if is_new else "waits already, or notice sent"
    if now - epoch(data["at"]) > MAX_AGE_SECONDS:
        return "too old for a notice"
    if not ports.notices.claim(name, kind, key, now):
        return "notice already sent, or claimed"
    ports.topic.publish(event.notice_of(document, with_content=ports.with_content))
    observability.count(observability.NOTICES_SENT)
    ports.notices.mark_sent(name, kind, now)
    return "notice sent"


def notify_failure(image: Mapping[str, Any], ports: Ports) -> str:
    """Send the notice of a ledger item that became *failed* or *stuck*. Raises TopicUnavailable."""
    ports.topic.publish(failure.notice_of(image))
    observability.count(observability.NOTICES_SENT)
    return "notice of failure sent"
