"""The url-signed dialect's signature, version v1.

Source: JustCall's developer site, "Dynamic webhook signatures", whose published vector is a test.
The signature is the hexadecimal HMAC-SHA256, keyed with the API secret, of

    SECRET|encodeURIComponent(WEBHOOK_URL)|TYPE|TIMESTAMP

so it proves that JustCall sent an event of this type to this URL at this second. **It does not
cover `data`.** The URL to verify with is the one this deployment is registered under, never the one
that the body claims.
"""

import hmac
import itertools
from collections.abc import Iterable
from urllib.parse import quote

from errors import SignatureRefused
from justcall import signature
from justcall.moments import epoch, moment_of

VERSION_HEADER = "x-justcall-signature-version"
TIMESTAMP_HEADER = "x-justcall-request-timestamp"
VERSION = "v1"
# Besides letters and digits, JavaScript's encodeURIComponent leaves these as they are.
_PLAIN = "-_.!~*'()"


def sign(url: str, event_type: str, timestamp: str, secret: str) -> str:
    """Return the signature that JustCall would send; `timestamp` is the header's text as it is."""
    message = "|".join(
        (secret, quote(url, safe=_PLAIN, errors="surrogatepass"), event_type, timestamp)
    )
    # Half a character is legal in JSON, and so in a type.
    content = message.encode(errors="surrogatepass")
    return hmac.digest(secret.encode(), content, "sha256").hex()


def matches(
    claimed: bytes,
    urls: Iterable[str],
    types: Iterable[str],
    timestamp: str,
    secrets: Iterable[str],
) -> bool:
    """Tell whether one of `secrets` signed one of `types` for one of `urls`.

    It takes the same time for whichever it is. An empty secret matches nothing.
    """
    matched = False
    for secret, url, event_type in itertools.product(secrets, urls, types):
        expected = bytes.fromhex(sign(url, event_type, timestamp, secret))
        matched |= bool(secret) and hmac.compare_digest(claimed, expected)
    return matched


def parse(header: str | None, version: str | None) -> bytes:
    """Return the 32 bytes that a v1 signature header claims.

    Raises SignatureRefused with the reason signature-version, signature-missing or
    signature-malformed.
    """
    if version != VERSION:
        raise SignatureRefused("signature-version")
    return signature.parse(header)


def sent_at(timestamp: str | None) -> float:
    """Return the header's time in epoch seconds, in any form that `moments.moment_of` reads.

    Raises SignatureRefused with the reason timestamp-missing or timestamp-malformed.
    """
    if not timestamp:
        raise SignatureRefused("timestamp-missing")
    moment = moment_of(timestamp)
    if moment is None:
        raise SignatureRefused("timestamp-malformed")
    return epoch(moment)
