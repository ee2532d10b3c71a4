"""Verify a delivery's signature, in either dialect.

`justcall.signature` and `justcall.url_signature` say what each dialect's signature proves.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from errors import NotRightYet, SignatureRefused
from justcall import envelope, signature, url_signature
from justcall.envelope import BODY_SIGNED, URL_SIGNED
from justcall.moments import iso

# No longer URL can be registered, and encoding a megabyte for a forger takes long.
_MAX_URL_CHARACTERS = 2048


class Time(Protocol):
    """The time until the answer is due."""

    def require_call(self) -> None:
        """Raise OutOfTime unless one more AWS call fits."""


class SecretsPort[T: Time](Protocol):
    """The API secrets. Both methods raise SecretUnavailable."""

    def usable(self, deadline: T, /) -> tuple[str, ...]:
        """Return the cached secrets."""

    def refreshed(self, deadline: T, /) -> tuple[str, ...]:
        """Return freshly fetched secrets; none if a fetch is not due."""


class Policy(NamedTuple):
    """The deliveries that this deployment accepts; the window is in seconds around the arrival.

    `urls` are the URLs under which it is registered; a url-signed delivery must be signed for one.
    """

    dialects: frozenset[str] = frozenset({BODY_SIGNED, URL_SIGNED})
    urls: tuple[str, ...] = ()
    past_seconds: float = 600.0
    future_seconds: float = 300.0


class Delivery(NamedTuple):
    """One POST: an id of ours, the raw body, the arrival in epoch seconds, and three headers.

    With the header `version` it is url-signed; `timestamp` belongs to that dialect too.
    """

    id: str
    body: bytes
    signature: str | None
    received_at: float
    version: str | None = None
    timestamp: str | None = None


class Verified(NamedTuple):
    """How a delivery was authenticated.

    `sent_at` is the time that its signature covers; `rotated` tells whether it was signed with the
    previous secret.
    """

    dialect: str
    sent_at: str | None = None
    rotated: bool = False


def authenticate[T: Time](
    delivery: Delivery, secrets: SecretsPort[T], policy: Policy, deadline: T
) -> Verified:
    """Return how a delivery was authenticated.

    Raises SignatureRefused if it is not authentic, NotRightYet if a retry may be accepted, and
    SecretUnavailable.
    """
    if delivery.version is None:
        return _body_signed(delivery, secrets, policy, deadline)
    try:
        return _url_signed(delivery, secrets, policy, deadline)
    except SignatureRefused:
        # A valid signature of the bytes proves that JustCall sent them, despite the other headers.
        with suppress(SignatureRefused):
            return _body_signed(delivery, secrets, policy, deadline)
        raise


def _body_signed[T: Time](
    delivery: Delivery, secrets: SecretsPort[T], policy: Policy, deadline: T
) -> Verified:
    _require_dialect(BODY_SIGNED, policy)
    claimed = signature.parse(delivery.signature)
    rotated = _require_match(
        lambda candidates: signature.matches(claimed, delivery.body, candidates), secrets, deadline
    )
    return Verified(BODY_SIGNED, rotated=rotated)


def _url_signed[T: Time](
    delivery: Delivery, secrets: SecretsPort[T], policy: Policy, deadline: T
) -> Verified:
    """Verify the signature of URL, type and time; it does not cover the data.

    It must hold for one of our URLs. If it holds for the URL in the body instead, that one is most
    likely ours too and missing in the settings: raise NotRightYet, so that JustCall retries.
    """
    _require_dialect(URL_SIGNED, policy)
    claimed = url_signature.parse(delivery.signature, delivery.version)
    sent_at = url_signature.sent_at(delivery.timestamp)
    types, claimed_url = envelope.claims(delivery.body)
    if not types:
        raise SignatureRefused("signature-of-nothing")
    timestamp = delivery.timestamp or ""

    def matches(urls: tuple[str, ...]) -> Callable[[tuple[str, ...]], bool]:
        return lambda candidates: url_signature.matches(claimed, urls, types, timestamp, candidates)

    try:
        rotated = _require_match(matches(policy.urls), secrets, deadline)
    except SignatureRefused:
        theirs = claimed_url if isinstance(claimed_url, str) else ""
        if 0 < len(theirs) <= _MAX_URL_CHARACTERS and matches((theirs,))(secrets.usable(deadline)):
            raise NotRightYet from None
        raise
    if sent_at > delivery.received_at + policy.future_seconds:
        raise NotRightYet("timestamp-in-future")
    if sent_at < delivery.received_at - policy.past_seconds:
        raise SignatureRefused("timestamp-old")
    return Verified(URL_SIGNED, iso(sent_at), rotated)


def _require_dialect(dialect: str, policy: Policy) -> None:
    if dialect not in policy.dialects:
        raise SignatureRefused("dialect-not-accepted")


def _require_match[T: Time](
    matches: Callable[[tuple[str, ...]], bool], secrets: SecretsPort[T], deadline: T
) -> bool:
    """Return whether only the previous secret matched."""
    for fetch in (secrets.usable, secrets.refreshed):
        candidates = fetch(deadline)
        if matches(candidates):
            return len(candidates) > 1 and not matches(candidates[:1])
    raise SignatureRefused
