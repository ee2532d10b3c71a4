"""A server of somebody else on 127.0.0.1, which does what a test tells it, honest or not."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

type Say = Callable[[socket.socket], None]


class Heard(NamedTuple):
    """One request; header names are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


class Stranger:
    """Listens until it is closed; `say` writes the answer to each request, or does not."""

    def __init__(self, say: Say, context: ssl.SSLContext | None = None) -> None:
        self.heard: list[Heard] = []
        self.say = say
        self._context = context
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self.port = self._server.getsockname()[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook?a=1"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

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
