"""Reading an answer from a socket within a wall-clock limit, and refusing what is not HTTP/1.1."""

import socket
from collections.abc import Iterator, Mapping

from errors import OutboundFailed
from outbound.dialing import left

_MAX_HEAD_BYTES = 32_768
_MAX_LINE_BYTES = 1_024
_PIECE_BYTES = 65_536
_MAX_BODY_BYTES = 2**40


class Reader:
    """The bytes of one connection. Every method raises OutboundFailed."""

    def __init__(self, connected: socket.socket, until: float, stall_seconds: float) -> None:
        self._socket = connected
        self._until = until
        self._stall_seconds = stall_seconds
        self._buffer = b""

    def head(self) -> bytes:
        """Return the bytes up to the empty line that ends a head."""
        return self._until_mark(b"\r\n\r\n", _MAX_HEAD_BYTES)

    def body(self, headers: Mapping[str, str]) -> Iterator[bytes]:
        """Yield the body of an answer with these headers, however its length is given."""
        coding = headers.get("transfer-encoding", "").lower()
        if coding == "chunked":
            yield from self._chunks()
        elif coding:
            raise _unreadable()
        elif "content-length" in headers:
            yield from self._exactly(_number(headers["content-length"], 10))
        else:
            yield from self._until_end()

    def _chunks(self) -> Iterator[bytes]:
        while size := _number(self._line().partition(";")[0].strip(), 16):
            yield from self._exactly(size)
            if self._line():
                raise _unreadable()
        read = 0
        while line := self._line():  # trailers
            read += len(line)
            if read > _MAX_HEAD_BYTES:
                raise _unreadable()

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._buffer or self._receive()
            if not piece:
                raise OutboundFailed("connection-lost")
            piece, self._buffer = piece[:size], piece[size:]
            size -= len(piece)
            yield piece

    def _until_end(self) -> Iterator[bytes]:
        if self._buffer:
            yield self._buffer
            self._buffer = b""
        while piece := self._receive():
            yield piece

    def _line(self) -> str:
        return self._until_mark(b"\r\n", _MAX_LINE_BYTES).decode("latin-1")

    def _until_mark(self, mark: bytes, most: int) -> bytes:
        while mark not in self._buffer:
            if len(self._buffer) > most:
                raise _unreadable()
            piece = self._receive()
            if not piece:
                raise OutboundFailed("connection-lost")
            self._buffer += piece
        content, _, self._buffer = self._buffer.partition(mark)
        if len(content) > most:
            raise _unreadable()
        return content

    def _receive(self) -> bytes:
        self._socket.settimeout(min(left(self._until), self._stall_seconds))
        try:
            return self._socket.recv(_PIECE_BYTES)
        except TimeoutError as error:
            raise OutboundFailed("timed-out") from error
        except OSError as error:
            raise OutboundFailed("connection-lost") from error


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return an answer's status and headers. Raises OutboundFailed (answer-unreadable)."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    code = rest[:3]
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not (code.isascii() and code.isdigit()):
        raise _unreadable()
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if not colon or (headers.get(name, value) != value and name == "content-length"):
            raise _unreadable()
        headers.setdefault(name, value)
    if not 100 <= int(code) <= 599:
        raise _unreadable()
    return int(code), headers


def _number(text: str, base: int) -> int:
    try:
        size = int(text, base) if text.isascii() and text.isalnum() else -1
    except ValueError:
        size = -1
    if not 0 <= size <= _MAX_BODY_BYTES:
        raise _unreadable()
    return size


def _unreadable() -> OutboundFailed:
    return OutboundFailed("answer-unreadable")
