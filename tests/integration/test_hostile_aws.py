"""Whatever AWS's end of a connection does: no wrong 200, and no late answer."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from aws import connection, dialing, lean, wire
from aws.connection import Request
from aws.failures import (
    AnswerUnreadable,
    AwsError,
    CannotConnect,
    ConnectionLost,
    NoAnswer,
    ReadTimeout,
)
from aws.settings import Account
from handler import app
from tests.integration.conftest import forget_settings
from tests.support import stack
from tests.support.deliveries import request
from tests.support.samples import CALL_COMPLETED, SECRET, body

# The real limits, a tenth as long.
CONNECT, READ = 0.08, 0.12
CALL = 2 * (CONNECT + READ) + 0.1
ACCOUNT = Account("key", "secret", "", "eu-west-2")

type Behaviour = Callable[[socket.socket], None]


def ok(document: object = None, *, extra: str = "") -> bytes:
    content = json.dumps(document or {}).encode()
    return f"HTTP/1.1 200 OK\r\n{extra}content-length: {len(content)}\r\n\r\n".encode() + content


def says(*pieces: bytes, then: str = "close") -> Behaviour:
    """Answer with these bytes; then close the connection, or say nothing more."""

    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        if then == "hang":
            connection.recv(1)

    return behave


def drips(connection: socket.socket) -> None:
    """Send an answer that never ends, each byte well within the read time-out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(READ / 4)


def drips_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(READ / 4)


def continues_for_ever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(READ / 4)


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


ERROR_500 = b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\n{}"
ERROR_503 = b"HTTP/1.1 503 Slow\r\ncontent-length: 0\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\n" + b"x" * 200_000

BAD: dict[str, Behaviour] = {
    "closed at once": says(),
    "reset": resets,
    "silent": says(then="hang"),
    "half a head": says(b"HTTP/1.1 200 OK\r\ncontent-le"),
    "half a head, then silence": says(b"HTTP/1.1 200 OK\r\ncontent-le", then="hang"),
    "half a body": says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}"),
    "half a body, then silence": says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", then="hang"),
    "too short a length": says(b'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{"MessageId": "1"}'),
    "no length": says(b"HTTP/1.1 200 OK\r\n\r\n{}"),
    "two lengths": says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
    "a negative length": says(b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}"),
    "a length that is none": says(b"HTTP/1.1 200 OK\r\ncontent-length: 2_0\r\n\r\n{}"),
    "a huge length": says(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{}"),
    "an endless head": says(LONG),
    "garbage": says(b"\x16\x03\x01\x02\x00" * 50),
    "another protocol": says(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "a status that is none": says(b"HTTP/1.1 2OO OK\r\ncontent-length: 2\r\n\r\n{}"),
    "a line that is no header": says(b"HTTP/1.1 200 OK\r\nhello\r\ncontent-length: 2\r\n\r\n{}"),
    "no JSON": says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    "an empty body": says(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    "a redirect": says(b"HTTP/1.1 302 Found\r\ncontent-length: 2\r\nlocation: /\r\n\r\n{}"),
    "a chunk cut": says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "a chunk's length that is none": says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
    "a chunk too long": says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"),
    "500 again and again": says(ERROR_500),
    "503 again and again": says(ERROR_503),
    "a drip": drips,
    "a drip of headers": drips_headers,
    "100 Continue for ever": continues_for_ever,
}  # fmt: skip
GOOD: dict[str, Behaviour] = {
    "an answer": says(ok()),
    "100 Continue first": says(b"HTTP/1.1 100 Continue\r\n\r\n", ok()),
    "byte by byte": says(*(bytes([one]) for one in ok({"MessageId": "1"}))),
    "chunks": says(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n1\r\n}\r\n0\r\nx: y\r\n\r\n"
    ),
    "HTTP/1.0": says(ok().replace(b"1.1", b"1.0")),
}
# The first attempt meets this, the second an answer.
ONCE = ["closed at once", "reset", "silent", "half a body", "garbage", "500 again and again"]
ONCE += ["503 again and again", "a drip", "no JSON"]


class Server:
    """One service on a port of its own. `behaviours`: one for each request, the last for the rest."""

    def __init__(self, *behaviours: Behaviour, keep: bool = False) -> None:
        self._behaviours = itertools.chain(behaviours, itertools.repeat(behaviours[-1]))
        self._keep = keep
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests = self.connections = 0
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self._server.accept()
                self._open.append(connection)
                self.connections += 1
                threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while self._hear(connection):
                self.requests += 1
                next(self._behaviours)(connection)
                if not self._keep:
                    return

    @staticmethod
    def _hear(connection: socket.socket) -> bool:
        heard = b""
        while b"\r\n\r\n" not in heard:
            if not (piece := connection.recv(65_536)):
                return False
            heard += piece
        head, _, rest = heard.partition(b"\r\n\r\n")
        missing = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) - len(
            rest
        )
        while missing > 0:
            missing -= len(connection.recv(65_536))
        return True

    def close(self) -> None:
        for one in (*self._open, self._server):
            one.close()


type Serve = Callable[..., Server]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    made: list[Server] = []

    def make(*behaviours: Behaviour, keep: bool = False) -> Server:
        made.append(Server(*behaviours, keep=keep))
        return made[-1]

    for module in (connection, dialing):
        monkeypatch.setattr(module, "CONNECT_SECONDS", CONNECT)
    monkeypatch.setattr(connection, "READ_SECONDS", READ)
    monkeypatch.setattr(wire, "BACKOFF_SECONDS", 0.1)
    connection.forget_connections()
    yield make
    connection.forget_connections()
    for one in made:
        one.close()


def client(monkeypatch: pytest.MonkeyPatch, server: Server) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
    return wire.Client(wire.SERVICES["dynamodb"], ACCOUNT)


def within(seconds: float, call: Callable[[], Any]) -> Any:
    started = time.monotonic()
    try:
        return call()
    finally:
        took = time.monotonic() - started
        # The machine may be busy. What is not cut off never ends, and what is repeated is counted.
        assert took < seconds + 1.0, took


@pytest.mark.parametrize("behaviour", BAD.values(), ids=BAD)
def test_bad_answers_are_no_success(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    server = serve(behaviour)
    asked = client(monkeypatch, server)
    with pytest.raises((NoAnswer, AwsError)):
        within(CALL, lambda: asked.put_item(TableName="t"))
    assert server.requests <= 2


@pytest.mark.parametrize("behaviour", GOOD.values(), ids=GOOD)
def test_good_answers_are(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    answer = within(CALL, lambda: client(monkeypatch, serve(behaviour)).put_item(TableName="t"))
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize("name", ONCE)
def test_second_attempt_gets_through(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    server = serve(BAD[name], says(ok()))
    answer = within(CALL, lambda: client(monkeypatch, server).put_item(TableName="t"))
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert server.requests == 2


# ------------------------------------------------------------ connections that are kept


def test_a_connection_is_kept(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(says(ok()), keep=True)
    asked = client(monkeypatch, server)
    for _ in range(5):
        asked.put_item(TableName="t")
    assert (server.connections, server.requests) == (1, 5)


@pytest.mark.parametrize("extra", ["connection: close\r\n", "Connection: Close\r\n"])
def test_a_connection_that_the_server_ends_is_not_kept(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    server = serve(says(ok(extra=extra)), keep=True)
    asked = client(monkeypatch, server)
    for _ in range(2):
        asked.put_item(TableName="t")
    assert server.connections == 2


def test_an_answer_too_many_is_not_taken_for_the_next(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes after an answer belong to nobody: its connection is not used again."""
    server = serve(says(ok({"first": 1}) + ok({"late": 1})), keep=True)
    asked = client(monkeypatch, server)
    for _ in range(3):
        assert "first" in asked.put_item(TableName="t")


def test_a_connection_closed_while_kept_is_no_attempt(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server closes after each answer; each next request goes out on a new connection."""
    server = serve(says(ok()))
    asked = client(monkeypatch, server)
    for _ in range(3):
        assert asked.put_item(TableName="t")["ResponseMetadata"]["RetryAttempts"] == 0
    assert server.requests == 3


@pytest.mark.parametrize("last", ["closed at once", "reset"])
def test_a_connection_closed_under_a_request_is_no_attempt(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """The server gives up on a kept connection just when a request comes: that is sent again."""
    told = iter([says(ok()), BAD[last], says(ok())])

    def behave(connection: socket.socket) -> None:
        behaviour = next(told)
        behaviour(connection)
        if behaviour is BAD[last]:
            connection.close()

    server = serve(behave, keep=True)
    asked = client(monkeypatch, server)
    for _ in range(2):
        assert asked.put_item(TableName="t")["ResponseMetadata"]["RetryAttempts"] == 0
    assert (server.connections, server.requests) == (2, 3)


def test_half_an_answer_on_a_kept_connection_is_an_attempt(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(says(ok()), BAD["half a body, then silence"], says(ok()), keep=True)
    asked = client(monkeypatch, server)
    asked.put_item(TableName="t")
    assert asked.put_item(TableName="t")["ResponseMetadata"]["RetryAttempts"] == 1


# ------------------------------------------------------------ connecting


def ask(url: str) -> None:
    connection.exchange(Request("dynamodb", "PutItem", 1, url, {"host": "h"}, b"{}"))


@pytest.mark.usefixtures("serve")
def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(CannotConnect):
        ask(f"http://127.0.0.1:{port}/")


@pytest.mark.usefixtures("serve")
def test_a_name_that_is_slow_to_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """`getaddrinfo` has no time-out of its own."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [over.wait(5)][:0])
    with pytest.raises(CannotConnect):
        within(CONNECT, lambda: ask("http://name.example/"))
    over.set()


@pytest.mark.usefixtures("serve")
@pytest.mark.parametrize("error", [socket.gaierror("no such name"), UnicodeError("no name")])
def test_a_name_that_is_none(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(CannotConnect):
        ask("http://name.example/")


def test_a_server_without_tls(serve: Serve) -> None:
    """Garbage and silence in a handshake are no connection."""
    dialing.tls()
    for behaviour in (says(b"garbage"), says(then="hang")):
        url = serve(behaviour).url.replace("http", "https")
        with pytest.raises(CannotConnect):
            within(CONNECT, partial(ask, url))


def test_names_of_failures(serve: Serve) -> None:
    """The log tells what kind of trouble it was."""
    for name, kind in {
        "closed at once": ConnectionLost,
        "silent": ReadTimeout,
        "a drip": ReadTimeout,
        "another protocol": AnswerUnreadable,
    }.items():
        with pytest.raises(kind):
            ask(serve(BAD[name]).url)


# ------------------------------------------------------------ the handler over it

VARIABLES = (
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SQS",
)


@pytest.mark.parametrize("behaviour", BAD.values(), ids=BAD)
@pytest.mark.parametrize("variable", VARIABLES)
def test_handler_answers_503_in_time(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str, behaviour: Behaviour
) -> None:
    """Whichever of the services behaves badly; the others answer."""
    for name, value in stack.environment("HandlerFunction").items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    good = says(ok({"SecretString": SECRET, "MessageId": "1"}))
    for one in VARIABLES:
        monkeypatch.setenv(one, serve(behaviour if one == variable else good).url)
    forget_settings()
    lean._client.cache_clear()
    try:
        answer = within(3 * CALL, lambda: app.handler(request(body(CALL_COMPLETED)), None))
    finally:
        forget_settings()
    assert answer["statusCode"] == 503
