"""Telling people of one event, at once or by the next digest."""

from collections.abc import Mapping
from typing import Any

from aws import observability
from justcall.moments import epoch
from notices import of_event, of_failure
from notifier.ports import Ports

# `hooks publish` may publish the events of a year again; that must not ring anybody's phone.
MAX_AGE_SECONDS = 86_400.0


def event(document: Mapping[str, Any], own: Ports, now: float) -> str:
    """Tell of a published event, or let it wait for the digest; return what was done.

    Raises LedgerUnavailable and TopicUnavailable: then it is to be repeated.
    """
    own_event, name = document["data"]["event"], of_event.name_of(document)
    key, kind = own_event["key"], own_event["kind"]
    if not of_event.is_news(document):
        return "no news"
    if own.hourly:
        waits = own.notices.wait(name, key, own_event["received_at"], now)
        return "waits for the digest" if waits else "waited before"
    if now - epoch(own_event["at"]) > MAX_AGE_SECONDS:
        return "too old to tell"
    if not own.notices.claim(name, kind, key, now):
        return "told before"
    own.topic.publish(of_event.notice_of(document, with_content=own.with_content))
    observability.count(observability.NOTICES_SENT)
    own.notices.told(name, kind, now)
    return "told"


def failure(image: Mapping[str, Any], own: Ports) -> str:
    """Tell of a ledger item that became *failed* or *stuck*. Raises TopicUnavailable."""
    own.topic.publish(of_failure.notice_of(image))
    observability.count(observability.NOTICES_SENT)
    return "told that it failed"
