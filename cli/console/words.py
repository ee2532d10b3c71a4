"""States and failures in plain words."""

from cli.reading.table import Document
from justcall.event import FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED

RETRYING = "retrying"
_STATUSES = {
    RECEIVED: "Stored. Its message is in the queue, or on its way there.",
    RETRYING: "The last attempt failed. SQS delivers the message again.",
    PROCESSED: "Its effects are written.",
    FAILED: "No attempt succeeded. Mend the cause, then replay the event.",
    STUCK: "The sweeper sent it eight times without a result. Replay the event.",
    UNHANDLED: "No processor handles this type. It is kept, and can be replayed once one does.",
    QUARANTINED: "Authentic, but unreadable as an event. It is kept as it came.",
}
_REASONS = {
    "body-too-large": "Over 1 MiB.",
    "body-undecodable": "Marked as base64, and it is not.",
    "dialect-not-accepted": "Signed in a dialect that the stack's Dialects parameter leaves out.",
    "secret-unavailable": "Secrets Manager did not give the secret.",
    "signature-malformed": "The signature is neither 64 hexadecimal digits nor base64 of 32 bytes.",
    "signature-mismatch": (
        "Another secret signed it, or the body was changed on the way. If JustCall sent it, compare"
        " the API secret: hooks secret rotate."
    ),
    "signature-missing": "No signature: not from JustCall, or a proxy dropped the header.",
    "signature-version": "A version of the url-signed dialect that is not known.",
    "timestamp-old": "The signed time is too old: a delivery that was kept back, or sent again.",
    "url-not-registered": "Signed for a URL that the stack's WebhookUrls parameter leaves out.",
    "body-missing": "Parts of the stored body are missing.",
    "died": "Lambda ended the processor (memory or time-out) before it wrote a reason.",
    "ledger-item-missing": "The event was not in the table when its message came.",
    "ledger-unavailable": "DynamoDB refused or did not answer.",
    "message-unreadable": "The queue's message is not one of ours.",
    "model-refused": "The body does not fit its type's model; the field is after the colon.",
    "setting-missing": "The function lacks a setting. Deploy the stack again.",
    "unexpected": "An error that nobody foresaw; its class is after the colon.",
}


def shown_status(event: Document) -> str:
    """Return an event's status, or *retrying* for one that waits after a failed attempt."""
    is_retrying = event["status"] == RECEIVED and event["error"]
    return RETRYING if is_retrying else str(event["status"])


def of_status(event: Document) -> str:
    """Return what an event's status means."""
    return _STATUSES.get(shown_status(event), "")


def of_reason(error: str | None) -> str:
    """Return what a failure's reason means; empty if its slug says it all."""
    return _REASONS.get((error or "").partition(":")[0], "")
