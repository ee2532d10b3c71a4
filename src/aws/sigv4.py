"""AWS Signature Version 4 for a POST of JSON to a service's root.

Source: AWS General Reference, "Signature Version 4 signing process". A test compares every
header with botocore's own signer.
"""

import hashlib
import hmac
from functools import lru_cache
from time import gmtime, strftime
from typing import NamedTuple

from aws.settings import Account

_ALGORITHM = "AWS4-HMAC-SHA256"


class Scope(NamedTuple):
    """The scope of a signature: an account in its region, and one service."""

    account: Account
    service: str


def signed_headers(
    scope: Scope, path: str, headers: dict[str, str], body: bytes, now: float
) -> dict[str, str]:
    """Return the headers, names in lower case, with those that sign them."""
    account, service = scope
    moment = strftime("%Y%m%dT%H%M%SZ", gmtime(now))
    headers = {**headers, "x-amz-date": moment}
    if account.token:
        headers["x-amz-security-token"] = account.token
    names = sorted(headers)
    canonical = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    signed = ";".join(names)
    content = hashlib.sha256(body).hexdigest()
    request = f"POST\n{path}\n\n{canonical}\n{signed}\n{content}"
    place = f"{moment[:8]}/{account.region}/{service}/aws4_request"
    text = f"{_ALGORITHM}\n{moment}\n{place}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = _key(account.secret, moment[:8], account.region, service)
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={account.key_id}/{place}, "
        f"SignedHeaders={signed}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=8)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """Return the key of one day, the same for all its requests."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
