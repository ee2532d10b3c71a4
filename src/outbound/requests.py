"""One HTTP/1.1 request to a stranger's server, and its answer, piece by piece.

    with requests.send("POST", url, headers, body, Room()) as answer:
        answer.status, answer.headers, answer.read()

No redirect is followed, no connection is kept, no proxy is used, and nothing is decompressed. A
caller that follows a redirect calls `send` again, so the next address is checked too.
"""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from errors import OutboundFailed
from outbound import urls
from outbound.dialing import Room, connect, left
from outbound.reading import Reader, parse_head

__all__ = ["Answer", "Room", "send"]

_SEND_BYTES = 65_536


class Answer:
    """A server's answer; header names are in lower case. Its methods raise OutboundFailed."""

    def __init__(
        self, status: int, headers: Mapping[str, str], body: Iterator[bytes], most: int
    ) -> None:
        self.status = status
        self.headers = headers
        self._body = body
        self._most = most

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives; more than Room.max_answer_bytes is answer-too-long."""
        size = 0
        for piece in self._body:
            size += len(piece)
            if size > self._most:
                raise OutboundFailed("answer-too-long")
            yield piece

    def read(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.pieces())


@contextmanager
def send(
    method: str, url: str, headers: Mapping[str, str], body: bytes, room: Room
) -> Iterator[Answer]:
    """Send a request and yield its answer as soon as its head is there. Raises OutboundFailed."""
    until = time.monotonic() + room.seconds
    target = urls.read(url, http_to_loopback=room.http_to_loopback)
    head = _head(method, target, headers, body)
    with connect(target, room, until) as connected:
        _write(connected, head + body, until)
        reader = Reader(connected, until, room.stall_seconds)
        status, received = parse_head(reader.head())
        while status < 200:  # 100 Continue and the like announce an answer
            status, received = parse_head(reader.head())
        has_body = method != "HEAD" and status not in (204, 304)
        pieces = reader.body(received) if has_body else iter(())
        yield Answer(status, received, pieces, room.max_answer_bytes)


def _head(method: str, target: urls.Target, headers: Mapping[str, str], body: bytes) -> bytes:
    own = {"host": target.authority, "connection": "close", "accept-encoding": "identity"}
    sized = {"content-length": str(len(body))} if body or method == "POST" else {}
    lines = [f"{method} {target.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in {**own, **sized, **headers}.items()]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise OutboundFailed("header-not-allowed")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _write(connected: socket.socket, content: bytes, until: float) -> None:
    view = memoryview(content)
    try:
        while view:
            connected.settimeout(left(until))
            view = view[connected.send(view[:_SEND_BYTES]) :]
    except TimeoutError as error:
        raise OutboundFailed("timed-out") from error
    except OSError as error:
        raise OutboundFailed("connection-lost") from error
