"""Reading the URL of a request: https, a host, nothing that two readers could read differently."""

from typing import NamedTuple
from urllib.parse import urlsplit

from errors import OutboundFailed

MAX_URL_CHARACTERS = 2_000
URL_NOT_ALLOWED = "url-not-allowed"
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
# RFC 3986 has no others; servers and libraries disagree on what they mean.
_NOT_IN_URLS = frozenset('\\"<>^`{|} ')


class Target(NamedTuple):
    """Where a request goes: `path` includes the query, `authority` is the header Host."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str


def read(url: str, *, http_to_loopback: bool = False) -> Target:
    """Return where a URL points to. Raises OutboundFailed (url-not-allowed)."""
    if not _is_plain(url):
        raise OutboundFailed(URL_NOT_ALLOWED)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise OutboundFailed(URL_NOT_ALLOWED) from error
    secure = parts.scheme == "https"
    to_loopback = http_to_loopback and parts.scheme == "http" and host in _LOOPBACK_HOSTS
    if not (secure or to_loopback) or not host or "@" in parts.netloc or port == 0:
        raise OutboundFailed(URL_NOT_ALLOWED)
    query = f"?{parts.query}" if parts.query else ""
    number = port or (443 if secure else 80)
    return Target(secure, host, number, parts.netloc, (parts.path or "/") + query)


def _is_plain(url: str) -> bool:
    printable = url.isascii() and url.isprintable() and not _NOT_IN_URLS & set(url)
    return printable and len(url) <= MAX_URL_CHARACTERS and "#" not in url
