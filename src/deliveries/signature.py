"""Signing deliveries by Standard Webhooks 1.0.0 (standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
PREFIX = "whsec_"
# The specification: 24 to 64 bytes.
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def webhook_id(source: str, event_id: str) -> str:
    """Return the id of a delivery: the same for each attempt and each time it is published again.

    It is a hash, because the specification forbids full stops, which our keys have.
    """
    digest = hashlib.sha256(f"{source}\n{event_id}".encode()).hexdigest()
    return f"msg_{digest[:32]}"


def headers(one_id: str, timestamp: int, body: bytes, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the headers that sign a body, with one signature for each secret."""
    signed = [f"v1,{_sign(key, one_id, timestamp, body)}" for key in keys]
    return {
        ID_HEADER: one_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: " ".join(signed),
    }


def is_secret(text: str) -> bool:
    """Return whether a text is a secret that the specification allows."""
    try:
        return text.startswith(PREFIX) and 24 <= len(_key(text)) <= 64
    except (binascii.Error, ValueError):
        return False


def _sign(secret: str, one_id: str, timestamp: int, body: bytes) -> str:
    content = f"{one_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(_key(secret), content, "sha256")).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
