"""Whether a signature fits a delivery, and why it does not.

It finds the forms of body, secret, URL, type and time that the signature belongs to, and reports
how they differ from the given ones. The fewest differences win.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

from cli.signing import forms
from cli.signing.bodies import bodies
from cli.signing.forms import Form
from errors import SignatureRefused
from justcall import envelope, signature, url_signature
from justcall.envelope import BODY_SIGNED, URL_SIGNED

_DIGEST_BYTES = 32
_OTHER_LENGTHS = {16: "MD5", 20: "SHA-1", 28: "SHA-224", 48: "SHA-384", 64: "SHA-512"}


class Secret(NamedTuple):
    """A secret to try; `accepted` tells whether the stack still accepts its signatures."""

    name: str
    value: str
    accepted: bool = True


class Delivery(NamedTuple):
    """A delivery to explain; `url` is the registered one, `at` its arrival in epoch seconds.

    With a `timestamp` it is taken for url-signed. `types` overrides the type that the body names.
    """

    body: bytes
    signature: str
    at: float
    url: str | None = None
    timestamp: str | None = None
    type: str | None = None
    past_seconds: float = 600.0
    future_seconds: float = 300.0


class Cause(NamedTuple):
    """One reason why a signature is refused."""

    reason: str
    text: str


class Verdict(NamedTuple):
    """Whether receivers accept the signature; `secret` names the one that fits."""

    dialect: str
    causes: Sequence[Cause]
    secret: str | None = None

    @property
    def valid(self) -> bool:
        return not self.causes


class _Match(NamedTuple):
    dialect: str
    secret: Secret
    causes: list[Cause]


type _Signed = tuple[str, bytes, Sequence[Form[Any]]]


def examine(delivery: Delivery, secrets: Sequence[Secret]) -> Verdict:
    """Return whether the signature fits the delivery, else every reason that can be found."""
    dialect = URL_SIGNED if delivery.timestamp is not None else BODY_SIGNED
    if not delivery.signature.strip():
        return Verdict(dialect, [Cause("signature-missing", "There is no signature.")])
    claims = list(_claims(delivery.signature))
    if not any(len(one.value) == _DIGEST_BYTES for one in claims):
        return Verdict(dialect, [_malformed(claims)])
    best = min(_matches(delivery, claims, secrets), key=lambda one: len(one.causes), default=None)
    if best is None:
        return Verdict(dialect, [_mismatch(delivery, dialect)])
    # The time counts only where the signature covers it.
    late = _late(delivery) if best.dialect == URL_SIGNED else ()
    return Verdict(best.dialect, [*best.causes, *late], best.secret.name)


def _claims(text: str) -> Iterator[Form[bytes]]:
    try:
        yield Form(signature.parse(text))
    except SignatureRefused:
        yield from forms.digests(text)


def _malformed(claims: Sequence[Form[bytes]]) -> Cause:
    for one in claims:
        if name := _OTHER_LENGTHS.get(len(one.value)):
            text = f"It has {len(one.value)} bytes, as {name} makes. JustCall uses HMAC-SHA256."
            return Cause("signature-malformed", text)
    return Cause(
        "signature-malformed", "It is neither 64 hexadecimal digits nor base64 of 32 bytes."
    )


def _mismatch(delivery: Delivery, dialect: str) -> Cause:
    if dialect == BODY_SIGNED and envelope.claims(delivery.body)[1] is not None:
        text = "The body is of a url-signed delivery. Add --timestamp, from the header"
        return Cause("timestamp-missing", f"{text} {url_signature.TIMESTAMP_HEADER}.")
    text = "No secret fits, also not to the body, URL or time in another form: it was signed with"
    text += " another secret, or other content was signed."
    return Cause("signature-mismatch", text)


def _late(delivery: Delivery) -> Iterator[Cause]:
    """Yield the reason why receivers refuse the time of a url-signed delivery."""
    try:
        age = delivery.at - url_signature.sent_at(delivery.timestamp)
    except SignatureRefused as error:
        yield Cause(error.reason, "The timestamp is no time that receivers can read.")
        return
    if age > delivery.past_seconds:
        most = f"receivers accept {delivery.past_seconds / 60:.0f} minutes"
        text = f"It was signed {age / 60:.0f} minutes before it arrived; {most}."
        yield Cause("timestamp-old", f"{text} Say with --at when it arrived, if not now.")
    if age < -delivery.future_seconds:
        text = f"It was signed for {-age / 60:.0f} minutes after its arrival: a clock is wrong."
        yield Cause("timestamp-in-future", text)


def _matches(
    delivery: Delivery, claims: Sequence[Form[bytes]], secrets: Iterable[Secret]
) -> Iterator[_Match]:
    wanted = {one.value: one for one in reversed(claims)}
    every = _distinct(bodies(delivery.body))
    for secret in secrets:
        for key in _distinct(forms.secrets(secret.value, secret.name)):
            for dialect, digest, parts in _signed(delivery, key.value, every):
                if digest in wanted and key.value:
                    causes = _causes(secret, [wanted[digest], key, *parts])
                    yield _Match(dialect, secret, causes)


def _signed(delivery: Delivery, secret: str, every: Iterable[Form[bytes]]) -> Iterator[_Signed]:
    """Yield every digest that a sender with this secret may have made, and from which forms."""
    if delivery.timestamp is not None:
        yield from _url_signed(delivery, delivery.timestamp, secret)
    for one in every:
        yield BODY_SIGNED, hmac.digest(secret.encode(), one.value, "sha256"), [one]
    yield BODY_SIGNED, hashlib.sha256(delivery.body).digest(), [_NO_KEY]


_NO_KEY: Form[None] = Form(
    None, "no-key", "It is a plain SHA-256 of the body, without any secret: anybody can make it."
)


def _url_signed(delivery: Delivery, timestamp: str, secret: str) -> Iterator[_Signed]:
    types, claimed = envelope.claims(delivery.body)
    theirs = claimed if isinstance(claimed, str) else None
    parts = product(
        _distinct(forms.urls(delivery.url or theirs or "", theirs)),
        _distinct(forms.types(delivery.type, types)),
        _distinct(forms.timestamps(timestamp)),
    )
    for url, event_type, moment in parts:
        for written in _distinct(forms.url_encodings(url.value)):
            message = "|".join((secret, written.value, event_type.value, moment.value))
            digest = hmac.digest(secret.encode(), message.encode(errors="surrogatepass"), "sha256")
            yield URL_SIGNED, digest, [url, event_type, moment, written]


def _causes(secret: Secret, parts: Iterable[Form[Any]]) -> list[Cause]:
    causes = [Cause(one.reason, one.says) for one in parts if one.reason]
    if not secret.accepted:
        text = f"It is signed with {secret.name}, which the stack does not accept any more."
        causes.append(Cause("secret-not-accepted", text))
    return causes


def _distinct[Value](every: Iterable[Form[Value]]) -> list[Form[Value]]:
    """Return the forms without those that an earlier one equals."""
    distinct: dict[Value, Form[Value]] = {}
    for one in every:
        distinct.setdefault(one.value, one)
    return list(distinct.values())
