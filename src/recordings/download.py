"""Downloading a file from an allowed host, within limits that hold whatever the host does."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

from errors import HostRefused, OutboundFailed
from outbound import requests, urls
from outbound.dialing import left
from outbound.requests import Answer, Room

MAX_REDIRECTS = 3
MAX_BYTES = 2**30
MAX_SECONDS = 480.0
TOO_LONG = "answer-too-long"
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {"accept": "*/*", "user-agent": "justcall-hooks"}


class Hosts(NamedTuple):
    """The hosts that files may be downloaded from: names, and `*.NAME` for what is below one."""

    patterns: Sequence[str]

    @classmethod
    def of(cls, text: str) -> "Hosts":
        """Read a list such as `justcall.io, *.justcall.io`."""
        return cls(text.lower().replace(",", " ").split())

    def allow(self, host: str) -> bool:
        """Return whether a host is one of them."""
        return any(
            host.endswith(one[1:]) if one.startswith("*.") else host == one for one in self.patterns
        )


@contextmanager
def download(url: str, hosts: Hosts, room: Room) -> Iterator[Iterator[bytes]]:
    """Yield the pieces of a file as they arrive. Raises OutboundFailed, while it is read too.

    Every address that a redirect leads to is checked like the first one. The room's seconds are
    for all of them together.
    """
    until = time.monotonic() + room.seconds
    for _ in range(MAX_REDIRECTS + 1):
        target = urls.read(url, http_to_loopback=room.http_to_loopback)
        if not hosts.allow(target.host.lower()):
            raise HostRefused(target.host)
        here = room._replace(seconds=left(until))
        with requests.send("GET", url, _HEADERS, b"", here) as answer:
            if answer.status not in _REDIRECTS:
                yield _pieces(answer, room.max_answer_bytes)
                return
            url = urldefrag(urljoin(url, _location(answer.headers))).url
    raise OutboundFailed("too-many-redirects")


def _location(headers: Mapping[str, str]) -> str:
    try:
        return headers["location"]
    except KeyError as error:
        raise OutboundFailed("answer-unreadable") from error


def _pieces(answer: Answer, most: int) -> Iterator[bytes]:
    """Return the body of an answer that is a whole file as it is."""
    headers = answer.headers
    if answer.status != 200:
        raise OutboundFailed(f"status-{answer.status}")
    # We asked for none. What is compressed could be a bomb for the people who open it.
    if headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise OutboundFailed("content-encoded")
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        # The end of the connection would be the end of the file, also if it broke off.
        raise OutboundFailed("length-unknown")
    if length and length.isdigit() and int(length[:20]) > most:
        raise OutboundFailed(TOO_LONG)
    return answer.pieces()
