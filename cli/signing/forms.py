"""The forms in which a delivery's parts may have been signed, each with what it means.

The first form of each part is the part as it was given; it has no reason.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from justcall.moments import moment_of

_PREFIX = "sha256="


class Form[Value](NamedTuple):
    """A part in one of its forms; without a reason it is as it was given."""

    value: Value
    reason: str = ""
    says: str = ""


def secrets(secret: str, name: str) -> Iterator[Form[str]]:
    """Yield a secret as it is, and as it may have been pasted."""
    yield Form(secret)
    pasted = f"{name} fits only with other white space or quotes around it: it was pasted wrongly."
    bare = secret.strip().strip("\"'")
    for one in (secret.strip(), bare, secret + "\n", secret + "\r\n", f"{secret} ", f" {secret}"):
        yield Form(one, "secret-white-space", pasted)


def urls(url: str, claimed: str | None) -> Iterator[Form[str]]:
    """Yield the URLs that the sender may have signed instead of the registered one."""
    yield Form(url)
    if claimed:
        other = "It is signed for the URL in the body, which is not the registered one."
        yield Form(claimed, "other-url", other)
    parts = urlsplit(url)
    slash = "It is signed for this URL with or without the slash at its end."
    path = parts.path.rstrip("/")
    yield from (
        Form(urlunsplit(parts._replace(path=one)), "other-url", slash) for one in (path, f"{path}/")
    )
    for scheme in ("http", "https"):
        yield Form(
            urlunsplit(parts._replace(scheme=scheme)), "other-url", f"It is signed for {scheme}."
        )
    query = "It is signed for this URL without its query."
    yield Form(urlunsplit(parts._replace(query="", fragment="")), "other-url", query)
    case = "It is signed for this URL with its host in lower case."
    yield Form(urlunsplit(parts._replace(netloc=parts.netloc.lower())), "other-url", case)


def url_encodings(url: str) -> Iterator[Form[str]]:
    """Yield a URL as encoders write it into the signed message."""
    says = "The URL was percent-encoded differently than encodeURIComponent does, or not at all."
    proper = quote(url, safe="-_.!~*'()", errors="surrogatepass")
    yield Form(proper)
    lower = re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), proper)
    for one in (url, quote(url, safe=""), quote(url), lower):
        yield Form(one, "url-encoding", says)


def timestamps(text: str) -> Iterator[Form[str]]:
    """Yield a timestamp as it is, and the same moment in other forms."""
    yield Form(text)
    moment = moment_of(text)
    if moment is None:
        return
    at = datetime.fromisoformat(moment).astimezone(UTC)
    says = "The time was signed in another form than the header has."
    forms = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00")
    seconds = int(at.timestamp())
    for one in (
        *(at.strftime(form) for form in forms),
        str(seconds),
        str(seconds * 1000),
        text.strip(),
    ):
        yield Form(one, "timestamp-form", says)


def types(given: str | None, claimed: Iterable[str]) -> Iterator[Form[str]]:
    """Yield the given type or the body's, and other types that may have been signed."""
    names = list(claimed)
    own = given if given is not None else next(iter(names), None)
    if own is not None:
        yield Form(own)
    for one in names:
        if one != own:
            yield Form(one, "other-type", f"It is signed for the type {one}.")


def digests(text: str) -> Iterator[Form[bytes]]:
    """Yield the bytes that a signature may mean which is not in the receiver's own forms."""
    bare = text.strip().strip("\"'").removeprefix(_PREFIX)
    says = "It is right, but written in a form that receivers refuse: JustCall writes"
    says += " lower-case hexadecimal without anything around it."
    for read in (bytes.fromhex, _url_safe, _base64, _base64_of_hex):
        with suppress(ValueError):
            yield Form(read(bare), "signature-form", says)


def _base64(text: str) -> bytes:
    return base64.b64decode(_padded(text), validate=True)


def _url_safe(text: str) -> bytes:
    return base64.b64decode(_padded(text), altchars=b"-_", validate=True)


def _base64_of_hex(text: str) -> bytes:
    return bytes.fromhex(_base64(text).decode("ascii"))


def _padded(text: str) -> str:
    return text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
