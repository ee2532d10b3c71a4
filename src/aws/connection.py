"""One HTTP request and its answer over a connection that is reused, within a wall-clock limit.

Not `http.client`: its import of `email` takes as long as our own code does, parsing headers with
it costs more than signing, and its time-out counts from byte to byte, so that an answer of one
byte a second never ends. AWS answers these calls with a content-length; an answer without a
length that can be trusted is an error.
"""

import time
from select import POLLIN, poll

from aws import dialing
from aws.failures import AnswerUnreadable, ConnectionLost, ReadTimeout
from aws.http import Answer, Request, number, parse_head
from aws.limits import CONNECT_SECONDS, READ_SECONDS

_MAX_HEAD_BYTES = 65_536
_PIECE_BYTES = 65_536

__all__ = ["Answer", "Request", "exchange", "forget_connections"]


# Connections that wait for their next request, by URL.
_idle: dict[str, "_Connection"] = {}


def exchange(request: Request) -> Answer:
    """Send one request and return its whole answer. Raises a NoAnswer (aws.failures).

    If the server has closed an idle connection, it opens a new one, within the same limit.
    """
    until = time.monotonic() + CONNECT_SECONDS + READ_SECONDS
    idle = _idle.pop(request.url, None)
    if idle and not idle.is_readable():  # readable before a request: closed, or out of step
        try:
            return idle.ask(request, until)
        except ConnectionLost:
            if idle.heard:
                raise
    elif idle:
        idle.close()
    return _Connection(request.url, until).ask(request, until)


def forget_connections() -> None:
    """Close every connection that waits."""
    while _idle:
        _idle.popitem()[1].close()


class _Connection:
    def __init__(self, url: str, until: float) -> None:
        self._url = url
        self._socket = dialing.connect(url, until)
        self._buffer = b""
        self._until = until
        self.heard = False  # whether a byte of the present answer has come

    def is_readable(self) -> bool:
        waiting = poll()
        waiting.register(self._socket, POLLIN)
        return bool(waiting.poll(0))

    def close(self) -> None:
        self._socket.close()

    def ask(self, request: Request, until: float) -> Answer:
        self._until, self.heard = until, False
        try:
            self._send(request)
            answer, keep = self._answer()
        except BaseException:
            self.close()
            raise
        if keep and not self._buffer:
            _idle.setdefault(self._url, self)
        if _idle.get(self._url) is not self:
            self.close()
        return answer

    def _send(self, request: Request) -> None:
        path = self._url.partition("://")[2].partition("/")[2]
        headers = request.headers | {"content-length": str(len(request.body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /{path} HTTP/1.1\r\n{lines}\r\n"
        self._limit()
        try:
            self._socket.sendall(head.encode("latin-1") + request.body)
        except TimeoutError as error:
            raise ReadTimeout from error
        except OSError as error:
            raise ConnectionLost from error

    def _answer(self) -> tuple[Answer, bool]:
        """Return the answer, and whether the connection can be used again."""
        version, status, headers = parse_head(self._until_mark(b"\r\n\r\n"))
        while status < 200:  # 100 Continue and the like announce an answer
            version, status, headers = parse_head(self._until_mark(b"\r\n\r\n"))
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            body = self._exactly(number(headers.get("content-length", "")))
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Answer(status, headers, body), keep

    def _chunks(self) -> bytes:
        body = b""
        while size := number(
            self._until_mark(b"\r\n").partition(b";")[0].strip().decode("latin-1"), 16
        ):
            body += self._exactly(size)
            if self._line():
                raise AnswerUnreadable
            number(str(len(body)))
        while self._line():
            pass  # trailers
        return body

    def _line(self) -> str:
        return self._until_mark(b"\r\n").decode("latin-1")

    def _until_mark(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise AnswerUnreadable
            self._buffer += self._receive()
        head, _, self._buffer = self._buffer.partition(mark)
        return head

    def _exactly(self, size: int) -> bytes:
        pieces, missing = [self._buffer], size - len(self._buffer)
        while missing > 0:
            pieces.append(self._receive())
            missing -= len(pieces[-1])
        whole = b"".join(pieces)
        self._buffer = whole[size:]
        return whole[:size]

    def _receive(self) -> bytes:
        self._limit()
        try:
            piece: bytes = self._socket.recv(_PIECE_BYTES)
        except TimeoutError as error:
            raise ReadTimeout from error
        except OSError as error:
            raise ConnectionLost from error
        if not piece:
            raise ConnectionLost
        self.heard = True
        return piece

    def _limit(self) -> None:
        """Let the next step take the read time-out, or what is left of the attempt."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise ReadTimeout
        self._socket.settimeout(min(READ_SECONDS, left))
