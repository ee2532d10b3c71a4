"""Each reason of `errors` as a sentence in plain words.

A test goes red if the code has a reason that is not here.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

SENTENCES: Mapping[str, str] = {
    # A bug, or something that nobody expected.
    "unexpected": "The code failed with an error that it does not expect: a bug",
    "died": "The function ended at every attempt before it could say why: memory or time-out",
    # Refusals: the request was answered 4xx.
    "body-undecodable": "The request claims to be base64, and is not",
    "body-too-large": "The body is larger than 1 MiB",
    "signature-mismatch": "The signature fits no accepted secret. Compare the secret at JustCall",
    "signature-missing": "The request has no signature: it is not JustCall's, or signing is off",
    "signature-malformed": "The signature header is no HMAC-SHA256",
    "signature-version": "The signature has another version than v1",
    "signature-of-nothing": "The url-signed body names no type, which the signature would cover",
    "timestamp-missing": "The url-signed request has no timestamp header",
    "timestamp-malformed": "The timestamp header is no time",
    "timestamp-old": "The signature is too old: a replayed request, or a clock is wrong",
    "dialect-not-accepted": "AcceptedDialects does not have the dialect of this request",
    # Answered 503, so JustCall tries again.
    "timestamp-in-future": "The signature is from the future: a clock is wrong",
    "url-not-registered": "It is signed for another URL than this stack's. Set CustomWebhookUrl",
    "setting-missing": "The function lacks a setting. Deploy the stack again",
    "secret-unavailable": "Secrets Manager did not give the API secret",
    "secret-empty": "The API secret is empty. Run: hooks secret rotate",
    "previous-secret-unavailable": "Secrets Manager did not give the previous secret",
    "rotation-under-way": "The secret is being rotated. Finish it with: hooks secret rotate",
    "secret-unreadable": "The destinations' secret has no readable content",
    "ledger-unavailable": "DynamoDB refused or did not answer",
    "queue-unavailable": "SQS refused or did not answer; the sweeper sends the event",
    "bus-unavailable": "EventBridge refused or did not answer; it is published again",
    "bus-refused-event": "EventBridge refused this one event; it is published again",
    "bus-answer-unreadable": "EventBridge sent an answer that says nothing of its events",
    "topic-unavailable": "SNS refused or did not answer; the notice is sent again",
    "archive-unavailable": "S3 or the queue refused; the recording is archived again",
    "out-of-time": "There was no time left for another call of AWS",
    # Requests to other people's servers.
    "cannot-connect": "Nobody accepts connections at that address",
    "name-not-resolved": "DNS does not know the host",
    "connection-lost": "The connection ended before the answer was complete",
    "timed-out": "The server did not answer in time",
    "tls-refused": "The certificate is not valid for the name, or nobody trusts its issuer",
    "answer-unreadable": "The answer is not HTTP/1.1",
    "answer-too-long": "The answer is longer than allowed",
    "header-not-allowed": "A header has characters that HTTP does not allow",
    "address-not-allowed": "The host has an address that is not public",
    "host-not-allowed": "RecordingHosts does not name the link's host",
    "url-not-allowed": "The URL is not https, or has a user, a password or a fragment",
    "too-many-redirects": "The link redirects more than three times",
    "content-encoded": "The server compressed the file against the request",
    "length-unknown": "The answer has no length, so nobody can tell whether it is complete",
    "no-secret": "The destination has no secret. Run: hooks destinations rotate NAME",
    # Quarantined: authentic, but no event can be read from it.
    "not-an-envelope": "The body is no event in either dialect",
    "not-utf8": "The body is not UTF-8",
    "not-json": "The body is not JSON",
    "too-deep": "The body's JSON is nested too deeply",
    "not-an-object": "The body's JSON is no object",
    "type-unreadable": "The body has no type, or one with characters that no type has",
    "data-not-an-object": "The body's data is no object",
    "no-data": "The body has no data, and is no probe",
    # Processing.
    "message-unreadable": "The message in the queue is not one of the handler's",
    "message-of-another-kind": "The message is in the queue of another kind",
    "model-refused": "The event's data does not fit the model of its kind",
    "body-missing": "The ledger does not have the event's body",
    "ledger-item-missing": "The event is not on the ledger",
    "body-replaced": "Another delivery took the event's key; that one is processed",
}

_ERROR = re.compile(r"(?P<slug>[a-z0-9-]+)(?:: (?P<detail>.*))?", re.DOTALL)
_PLACE = re.compile(r"(?P<rest>.*?) at (?P<place>[\w.]+:\d+)")


class Explanation(NamedTuple):
    """A recorded error in plain words, and the place in the code if it is known."""

    text: str
    place: str | None = None


def explain(error: str) -> Explanation:
    """Return a recorded error, such as `unexpected: KeyError at sms_sent.py:9`, in plain words."""
    match = _ERROR.fullmatch(error)
    if match is None or match["slug"] not in SENTENCES:
        return Explanation(error)
    detail = match["detail"] or ""
    placed = _PLACE.fullmatch(detail)
    if match["slug"] == "died":
        detail = ""
    sentence = SENTENCES[match["slug"]]
    return Explanation(
        f"{sentence} ({detail})." if detail else f"{sentence}.", placed and placed["place"]
    )


def sentence(slug: str) -> str:
    """Return the sentence of a reason, or the reason itself where nobody knows it."""
    known = SENTENCES.get(slug)
    return f"{known}." if known else slug
