"""Connecting to a host within a wall-clock limit, which includes its name's look-up."""

import socket
import threading
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from aws import settings
from aws.failures import CannotConnect
from aws.limits import CONNECT_SECONDS

if TYPE_CHECKING:
    import ssl


def connect(url: str, until: float) -> socket.socket:
    """Return a socket that is connected to a URL's host. Raises CannotConnect.

    Looking up the name, connecting and the handshake share CONNECT_SECONDS.
    """
    end = min(until, time.monotonic() + CONNECT_SECONDS)
    scheme, _, place = url.partition("://")
    secure = scheme == "https"
    name, _, port = place.partition("/")[0].partition(":")
    addresses = _resolve(name, port or ("443" if secure else "80"), end)
    reason: Exception | None = None
    for family, kind, protocol, _, address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(left)
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(max(end - time.monotonic(), 0.001))
            return tls().wrap_socket(made, server_hostname=name) if secure else made
        except OSError as error:  # refused, timed out, or a certificate that is not to be trusted
            reason = error
            made.close()
    raise CannotConnect from reason


def _resolve(name: str, port: str, end: float) -> list[Any]:
    """Return a name's addresses. `getaddrinfo` has no time-out, so a thread of its own waits."""
    addresses: list[Any] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):  # the caller sees that there are none
            addresses.extend(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(max(end - time.monotonic(), 0))
    return list(addresses)


@cache
def tls() -> "ssl.SSLContext":
    """Return how certificates are checked. The first time takes as long as a slow handshake."""
    import ssl  # noqa: PLC0415  (a third of the start, and the local stack needs none)

    return ssl.create_default_context(cafile=settings.ca_bundle())
