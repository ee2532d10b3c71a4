"""Posting events to a developer's own server, as the stack or as JustCall would."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from urllib3.exceptions import HTTPError, LocationValueError

from cli.errors import UsageError
from cli.reading import table, whole_call
from cli.reading.table import Document, Item
from cli.send import body_signed, url_signed_headers
from cli.stack import Stack
from deliveries import signature as standard_webhooks
from justcall.envelope import URL_SIGNED
from justcall.event import PROCESSED
from ledger import bodies, schema
from local.post import Receiver
from published import cloud_event
from published.cloud_event import source_of


class Parcel(NamedTuple):
    """What is posted for an event: the delivery as it came, or its CloudEvent with an id."""

    key: str
    dialect: str
    body: bytes
    id: str | None = None


class Answer(NamedTuple):
    """What the developer's server answered; without a `status` nobody did."""

    key: str
    status: int | None
    error: str | None
    milliseconds: float

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Forwarder:
    """Makes parcels of events, and posts them signed with a secret."""

    def __init__(self, stack: Stack, url: str, secret: str, *, raw: bool) -> None:
        self._stack, self._url, self._secret, self._raw = stack, url, secret, raw
        self._seen: set[str] = set()

    def parcel(self, event: Document) -> Parcel | None:
        """Return what to post for an event's new state, None if nothing.

        A raw delivery is posted when it arrives, a CloudEvent when the event is processed.
        """
        key = event["key"]
        if self._raw:
            if key in self._seen:
                return None
            self._seen.add(key)
            body = bodies.unpack(table.ledger_items(self._stack, key))
            return None if body is None else Parcel(key, event["dialect"], body)
        return self._cloud_event(event) if event["status"] == PROCESSED else None

    def post(self, parcel: Parcel) -> Answer:
        """Post a parcel, signed now."""
        started = time.monotonic()
        status, error = None, None
        try:
            with Receiver(self._url) as receiver:
                status = receiver.post(parcel.body, self._headers(parcel)).status
        except LocationValueError as problem:
            raise UsageError(f"{self._url} is not a URL: {problem}.") from problem
        except HTTPError as problem:
            error = type(problem).__name__
        return Answer(parcel.key, status, error, round((time.monotonic() - started) * 1000, 1))

    def _headers(self, parcel: Parcel) -> Mapping[str, str]:
        if parcel.id is not None:
            now = int(time.time())
            return standard_webhooks.headers(parcel.id, now, parcel.body, [self._secret])
        if parcel.dialect == URL_SIGNED:
            return url_signed_headers(parcel.body, self._secret, self._url)
        return body_signed(parcel.body, self._secret)

    def _cloud_event(self, event: Document) -> Parcel | None:
        items = table.ledger_items(self._stack, event["key"])
        if not items or "entry" not in items[0]:
            return None  # it was replayed meanwhile, and is processed again soon
        source = source_of(self._stack.name or "")
        built = cloud_event.build(items[0], self._others(items[0]), source)
        one_id = standard_webhooks.webhook_id(source, built.id)
        return Parcel(built.key, event["dialect"], built.detail.encode(), one_id)

    def _others(self, item: Item) -> list[Item]:
        """Return the other events of the call or message."""
        keys = whole_call.noted(self._stack, cloud_event.subjects_of(item))
        own = schema.key_of(item["pk"]["S"])
        return list(table.items(self._stack, sorted(keys - {own})))
