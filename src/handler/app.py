"""The HTTP edge: API Gateway's event in, an answer out."""

import base64
import os
import time
from functools import cache
from typing import Any

from aws import clients, observability
from aws.deadline import Deadline
from aws.secrets import Secrets
from aws.settings import handler_settings
from errors import BodyUndecodable, HooksError, Refused, SignatureRefused
from handler.answers import KEPT, answer, status_of
from handler.authenticate import Delivery, Policy
from handler.receive import PREVIOUS_SECRET, Outcome, Ports, receive
from justcall import signature, url_signature
from ledger.events import Ledger
from messaging.queues import Queues


@cache
def _ports() -> Ports[Deadline]:
    settings = handler_settings()
    return Ports(
        secrets=Secrets(clients.secretsmanager, settings.secret_arn),
        ledger=Ledger(clients.dynamodb, settings.events_table, settings.retention_days),
        queues=Queues(clients.sqs, settings.queue_url_prefix),
        policy=Policy(
            settings.dialects, settings.urls, settings.past_seconds, settings.future_seconds
        ),
    )


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API; always returns, whatever came."""
    if event["requestContext"]["http"]["method"] != "POST":
        return answer(KEPT, "ready")  # JustCall or a person looks whether somebody is there
    deadline = Deadline(time.monotonic)
    try:
        outcome = receive(_delivery(event), _ports(), deadline)
    except Exception as error:
        return _failed(error, event, deadline)
    return _kept(outcome, event, deadline)


def _delivery(event: dict[str, Any]) -> Delivery:
    # The HTTP API has their names in lower case, others may not.
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return Delivery(
        os.urandom(8).hex(),
        _body(event),
        headers.get(signature.HEADER),
        time.time(),
        headers.get(url_signature.VERSION_HEADER),
        headers.get(url_signature.TIMESTAMP_HEADER),
    )


def _body(event: dict[str, Any]) -> bytes:
    """Return the bytes that the sender signed."""
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        # A lone surrogate can't come from API Gateway, but bytes without a verdict must not exist.
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise BodyUndecodable from error


def _kept(outcome: Outcome, event: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
    observability.count(outcome.name.title())
    if outcome.reason == PREVIOUS_SECRET:
        observability.count(observability.PREVIOUS_SECRET)
    observability.measure(observability.HANDLER_LATENCY, deadline.elapsed())
    # One line holds the metrics and what a log line would say: a line of its own costs a tenth of
    # the handler's CPU (make bench).
    observability.flush(
        level="INFO",
        message=outcome.name,
        event_key=outcome.key,
        reason=outcome.reason,
        **_about(event),
    )
    return answer(KEPT, outcome.name)


def _failed(error: Exception, event: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
    status, word = status_of(error)
    reason = error.reason if isinstance(error, HooksError) else "unexpected"
    refused = isinstance(error, Refused)
    name = observability.REFUSED if refused else observability.UNAVAILABLE
    observability.count_by_reason(name, reason)
    if reason == SignatureRefused.default_reason:
        observability.count(observability.SIGNATURE_MISMATCH)
    observability.measure(observability.HANDLER_LATENCY, deadline.elapsed())
    observability.flush()
    details = {} if refused else observability.cause(error)
    observability.log("warning", name.lower(), reason=reason, **_about(event), **details)
    return answer(status, word)


def _about(event: dict[str, Any]) -> dict[str, object]:
    """Return what may be said of any request; `chars`: the length of the body as it came."""
    return {
        "request_id": event["requestContext"].get("requestId"),
        "chars": len(event.get("body") or ""),
    }
