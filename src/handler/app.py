"""The HTTP edge: API Gateway's event in, an answer out."""

import base64
import os
import time
from functools import cache
from typing import Any

from aws import emf, lean
from aws.deadline import Deadline
from aws.failures import cause
from aws.secrets import Secrets
from aws.settings import handler_settings
from errors import BodyUndecodable, SignatureRefused, reason_of
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
        secrets=Secrets(lean.secretsmanager, settings.secret_arn),
        ledger=Ledger(lean.dynamodb, settings.events_table, settings.retention_days),
        queues=Queues(lean.sqs, settings.queue_url_prefix),
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
    counts = [outcome.name.title()]
    if outcome.reason == PREVIOUS_SECRET:
        counts.append(emf.PREVIOUS_SECRET)
    fields = {"event_key": outcome.key, "reason": outcome.reason, **_about(event)}
    emf.write("INFO", outcome.name, counts, deadline.elapsed(), fields=fields)
    return answer(KEPT, outcome.name)


def _failed(error: Exception, event: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
    status, word = status_of(error)
    reason = reason_of(error)
    refused = status < 500
    name = emf.REFUSED if refused else emf.UNAVAILABLE
    counts = [name]
    if reason == SignatureRefused.default_reason:
        counts.append(emf.SIGNATURE_MISMATCH)
    details = {} if refused else cause(error)
    fields = {"reason": reason, **_about(event), **details}
    emf.write("WARNING", name.lower(), counts, deadline.elapsed(), by_reason=name, fields=fields)
    return answer(status, word)


def _about(event: dict[str, Any]) -> dict[str, object]:
    """Return what may be said of any request; `chars`: the length of the body as it came."""
    return {
        "request_id": event["requestContext"].get("requestId"),
        "chars": len(event.get("body") or ""),
    }
