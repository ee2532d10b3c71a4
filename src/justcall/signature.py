"""The body-signed dialect's signature: HMAC-SHA256 of the raw body, keyed with the API secret.

Source: JustCall's help article "Webhooks Overview". It leaves the encoding of the header open,
so hexadecimal (all lower or all upper case), base64 and a `sha256=` prefix are understood.
Each signature has only those spellings: one changed bit anywhere is a refusal.
"""

import binascii
import hmac
from collections.abc import Iterable

from errors import SignatureRefused

HEADER = "x-justcall-signature"
_PREFIX = "sha256="
_HEX_LENGTH = 64
_BASE64_LENGTH = 44
_DIGEST_BYTES = 32


def sign(body: bytes, secret: str) -> str:
    """Return the lower-case hexadecimal signature that JustCall would send for `body`."""
    return _digest(body, secret).hex()


def parse(header: str | None) -> bytes:
    """Return the 32 bytes that a signature header claims.

    Raises SignatureRefused with the reason signature-missing or signature-malformed; every
    header that is no signature ends there.
    """
    if not header:
        raise SignatureRefused("signature-missing")
    text = header.removeprefix(_PREFIX)
    try:
        if len(text) == _HEX_LENGTH and text in (text.lower(), text.upper()):
            return binascii.unhexlify(text)
        if len(text) == _BASE64_LENGTH:
            return _canonical_base64(text)
    except ValueError as error:  # binascii.Error is one; so is a text that is not ASCII
        raise SignatureRefused("signature-malformed") from error
    raise SignatureRefused("signature-malformed")


def matches(claimed: bytes, body: bytes, secrets: Iterable[str]) -> bool:
    """Tell whether one of `secrets` signed exactly these bytes, in time that tells nothing else.

    An empty secret matches nothing.
    """
    matched = False
    for secret in secrets:
        # No early exit: the answer's time does not tell which secret it was.
        matched |= bool(secret) and hmac.compare_digest(claimed, _digest(body, secret))
    return matched


def _digest(body: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), body, "sha256")


def _canonical_base64(text: str) -> bytes:
    """Decode base64, refusing the other spellings that its unused last bits allow."""
    decoded = binascii.a2b_base64(text, strict_mode=True)
    if len(decoded) != _DIGEST_BYTES or binascii.b2a_base64(decoded)[:-1].decode() != text:
        raise ValueError("not canonical")
    return decoded
