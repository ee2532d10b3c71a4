"""Builds what API Gateway hands to the handler (payload format 2.0), signed or not."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from justcall import signature
from tests.support.samples import SECRET

PATH = "/webhooks/justcall"
_API_ID = "a1b2c3d4e5"
_DOMAIN = f"{_API_ID}.execute-api.us-east-1.amazonaws.com"
_SENDER = "203.0.113.10"  # an address of documentation's own range
_AGENT = "justcall-hooks-sample/1.0"

# The spellings of one signature that are understood, from its 32 bytes.
SPELLINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "upper-hex": lambda digest: digest.hex().upper(),
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "prefixed-hex": lambda digest: f"sha256={digest.hex()}",
    "prefixed-upper-hex": lambda digest: f"sha256={digest.hex().upper()}",
    "prefixed-base64": lambda digest: f"sha256={base64.b64encode(digest).decode()}",
}


def signed(body: bytes, *, secret: str = SECRET, spelling: str = "hex") -> dict[str, str]:
    """Return the signature header that goes with a body."""
    digest = bytes.fromhex(signature.sign(body, secret))
    return {signature.HEADER: SPELLINGS[spelling](digest)}


def request(
    body: bytes | None,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    base64_encoded: bool = False,
    content_type: str = "application/json",
    name: str = "test",
) -> dict[str, Any]:
    """Return one request; without `headers` it is signed, with `headers={}` it is not."""
    if headers is None:
        headers = {} if body is None else signed(body)
    sent = {
        "accept": "*/*",
        "host": _DOMAIN,
        "user-agent": _AGENT,
        "x-amzn-trace-id": f"Root=1-69b2ce79-{_digest(name)[:24]}",
        "x-forwarded-for": _SENDER,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    if body is not None:
        sent |= {"content-length": str(len(body)), "content-type": content_type}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {PATH}",
        "rawPath": PATH,
        "rawQueryString": "",
        "headers": dict(sorted({**sent, **headers}.items())),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": _API_ID,
            "domainName": _DOMAIN,
            "domainPrefix": _API_ID,
            "http": {
                "method": method,
                "path": PATH,
                "protocol": "HTTP/1.1",
                "sourceIp": _SENDER,
                "userAgent": _AGENT,
            },
            "requestId": f"{_digest(name)[:15]}=",
            "routeKey": f"{method} {PATH}",
            "stage": "$default",
            "time": "12/Mar/2026:14:40:01 +0000",
            "timeEpoch": 1773326401250,
        },
    }
    if body is not None:
        event["body"] = _text(body, base64_encoded=base64_encoded)
    return event | {"isBase64Encoded": base64_encoded}


def _text(body: bytes, *, base64_encoded: bool) -> str:
    return base64.b64encode(body).decode() if base64_encoded else body.decode()


def _digest(name: str) -> str:
    """Return something that looks like an id and is the same at every run."""
    return hashlib.sha256(name.encode()).hexdigest()
