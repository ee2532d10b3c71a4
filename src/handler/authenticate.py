"""Is a delivery JustCall's? The signature decides, in whichever dialect it is.

What each dialect's signature proves is said in `justcall.signature` and `justcall.url_signature`.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from errors import NotRightYet, SignatureRefused
from justcall import envelope, signature, url_signature
from justcall.envelope import BODY_SIGNED, URL_SIGNED
from justcall.moments import iso


class Time(Protocol):
    """The time that is left for an answer."""

    def require_call(self) -> None:
        """Raise OutOfTime unless one more AWS call fits."""


class SecretsPort[T: Time](Protocol):
    """Where the secrets come from. Both methods raise SecretUnavailable."""

    def usable(self, deadline: T, /) -> tuple[str, ...]:
        """Return the secrets at hand."""

    def refreshed(self, deadline: T, /) -> tuple[str, ...]:
        """Return newer secrets, if there can be any."""


class Policy(NamedTuple):
    """What this deployment accepts; the window is in seconds around the time of a delivery.

    `urls` are those that it is registered under: what a url-signed delivery must have been told.
    """

    dialects: frozenset[str] = frozenset({BODY_SIGNED, URL_SIGNED})
    urls: tuple[str, ...] = ()
    past_seconds: float = 600.0
    future_seconds: float = 300.0


class Delivery(NamedTuple):
    """One POST: a name of its own, its raw body, its time in epoch seconds, its headers.

    A `version` of its signature makes it url-signed; `timestamp` is that dialect's too.
    """

    id: str
    body: bytes
    signature: str | None
    received_at: float
    version: str | None = None
    timestamp: str | None = None


class Verified(NamedTuple):
    """How a delivery was authenticated.

    `sent_at` is the time that its signature covers; `rotated` says that it was signed with the
    previous secret.
    """

    dialect: str
    sent_at: str | None = None
    rotated: bool = False


def authenticate[T: Time](
    delivery: Delivery, secrets: SecretsPort[T], policy: Policy, deadline: T
) -> Verified:
    """Return how a delivery was authenticated.

    Raises SignatureRefused for what is not authentic or can never be right, NotRightYet for what
    may become so, SecretUnavailable.
    """
    if delivery.version is None:
        return _body_signed(delivery, secrets, policy, deadline)
    try:
        return _url_signed(delivery, secrets, policy, deadline)
    except SignatureRefused:
        # Who signed the bytes is JustCall, whatever its other headers say.
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
    """Verify the tuple of URL, type and time; it says nothing of the data.

    The URL to verify with is ours. That JustCall signed for another one is worth knowing: it is
    most likely ours too, and only missing in this deployment's settings.
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
        if theirs and matches((theirs,))(secrets.usable(deadline)):
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
    """Return whether it was the previous secret and not the current that matched."""
    for fetch in (secrets.usable, secrets.refreshed):
        candidates = fetch(deadline)
        if matches(candidates):
            return len(candidates) > 1 and not matches(candidates[:1])
    raise SignatureRefused
