"""A server of somebody else on 127.0.0.1, which does what a test tells it, honest or not."""

import socket
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Self

import pytest

from errors import OutboundFailed

type Say = Callable[[socket.socket], None]


class Heard(NamedTuple):
    """One request; header names are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Server(ABC):
    """Listens on 127.0.0.1 until it is closed, and speaks on each connection in a thread."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @abstractmethod
    def _speak(self, connection: socket.socket) -> None:
        """Read what comes, and answer or not."""

    def close(self) -> None:
        for one in (self._server, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self._server.accept()
                self._open.append(connection)
                threading.Thread(target=self._speak, args=(connection,), daemon=True).start()


class Stranger(Server):
    """`say` writes the answer to each request, or does not."""

    def __init__(self, say: Say, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[Heard] = []
        self.say = say
        self._context = context
        super().__init__()
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook?a=1"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _speak(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection.makefile("rb") as reader:
                line = reader.readline().decode().strip()
                headers: dict[str, str] = {}
                while text := reader.readline().decode().strip():
                    name, _, value = text.partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", "0")))
            if line:
                self.heard.append(Heard(line, headers, body))
                self.say(connection)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def says(*pieces: bytes) -> Say:
    """Return what sends these bytes and ends the connection."""

    def say(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return say


def answers(status: int, headers: str = "", body: bytes = b"") -> Say:
    """Return what answers with a status, headers (each with its line end) and a body."""
    head = f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    return says(head.encode() + body)


def drip(connection: socket.socket) -> None:
    """Send a head, then a byte every so often, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def reason(work: Callable[[], object]) -> str:
    """Return why a request failed."""
    with pytest.raises(OutboundFailed) as caught:
        work()
    return caught.value.reason


def assert_timed_out(work: Callable[[], object]) -> None:
    """Assert that a request times out soon after its limit, which is far below a second."""
    started = time.monotonic()
    assert reason(work) == "timed-out"
    assert time.monotonic() - started < 1.5
