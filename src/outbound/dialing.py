"""Connecting to an address that was checked, within a wall-clock limit.

The name is looked up once. All its addresses are checked, and the socket connects to one of them,
so a second answer of a hostile name server has no effect.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from errors import OutboundFailed
from outbound.addresses import Network, is_allowed
from outbound.urls import Target

# A name server may return hundreds; the time does not suffice for more.
_MAX_ADDRESSES = 4


@cache
def public_tls() -> ssl.SSLContext:
    """Return how certificates are checked: as browsers do."""
    return ssl.create_default_context()


class Room(NamedTuple):
    """The limits of a request.

    `seconds` is for all of it, from the look-up to the last byte, `stall_seconds` for each wait.
    """

    seconds: float = 15.0
    stall_seconds: float = 15.0
    max_answer_bytes: int = 65_536
    networks: Sequence[Network] = ()
    # Plain http, and only to this machine: for the local stack.
    http_to_loopback: bool = False
    tls: Callable[[], ssl.SSLContext] = public_tls


def connect(target: Target, room: Room, until: float) -> socket.socket:
    """Return a socket that is connected to a target. Raises OutboundFailed."""
    addresses = _resolve(target, until)
    for *_, address in addresses:
        if not is_allowed(str(address[0]), room.networks, loopback=room.http_to_loopback):
            raise OutboundFailed("address-not-allowed")
    connected = _first(addresses[:_MAX_ADDRESSES], until)
    if not target.secure:
        return connected
    connected.settimeout(left(until))
    try:
        return room.tls().wrap_socket(connected, server_hostname=target.host)
    except ssl.SSLError as error:
        connected.close()
        raise OutboundFailed("tls-refused") from error
    except TimeoutError as error:
        connected.close()
        raise OutboundFailed("timed-out") from error
    except (OSError, ValueError) as error:  # ValueError: a host that cannot be in a certificate
        connected.close()
        raise OutboundFailed("tls-refused") from error


def left(until: float) -> float:
    """Return the seconds until a moment. Raises OutboundFailed (timed-out) if there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise OutboundFailed("timed-out")
    return seconds


def _first(addresses: Sequence[Any], until: float) -> socket.socket:
    """Connect to the first address that answers; each has its share of the time."""
    reason: Exception | None = None
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(left(until) / (len(addresses) - number))
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            made.close()
            reason = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    slug = "timed-out" if isinstance(reason, TimeoutError) else "cannot-connect"
    raise OutboundFailed(slug) from reason


def _resolve(target: Target, until: float) -> list[Any]:
    """Return a host's addresses. `getaddrinfo` has no time-out, so a thread of its own waits."""
    addresses: list[Any] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):  # the caller sees that there are none
            addresses.extend(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(left(until))
    if thread.is_alive():
        raise OutboundFailed("timed-out")
    if not addresses:
        raise OutboundFailed("name-not-resolved")
    return list(addresses)
