"""Requests to servers that refuse, stall, lie and never end."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import certificate
from outbound import dialing, requests
from outbound.requests import Room
from tests.support.stranger import Say, Stranger, answers, assert_timed_out, drip, reason, says

LOCAL = Room(seconds=2.0, http_to_loopback=True)
SHORT = LOCAL._replace(seconds=0.3)


def post(url: str, room: Room = LOCAL, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    with requests.send("POST", url, headers or {}, b'{"a": 1}', room) as answer:
        return answer.status, answer.read()


def test_request_arrives_as_it_was_made() -> None:
    with Stranger(answers(200, body=b"thanks")) as stranger:
        assert post(stranger.url, headers={"webhook-id": "msg_1"}) == (200, b"thanks")
        [heard] = stranger.heard
        assert heard.line == "POST /hook?a=1 HTTP/1.1"
        assert heard.body == b'{"a": 1}'
        assert heard.headers["host"] == f"127.0.0.1:{stranger.port}"
        assert heard.headers["webhook-id"] == "msg_1"
        assert heard.headers["connection"] == "close"


def test_get_has_no_body() -> None:
    with Stranger(answers(200, body=b"x")) as stranger:
        with requests.send("GET", stranger.url, {}, b"", LOCAL) as answer:
            assert answer.read() == b"x"
        assert "content-length" not in stranger.heard[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    with Stranger(answers(200)) as other:
        redirect = answers(status, f"location: {other.url}\r\n")
        with Stranger(redirect) as stranger:
            assert post(stranger.url)[0] == status
        assert other.heard == []


def drip_head(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"H")
        time.sleep(0.02)


def silent(connection: socket.socket) -> None:
    threading.Event().wait(5)


@pytest.mark.parametrize("say", [drip, drip_head, silent], ids=["drip", "drip-head", "silent"])
def test_one_deadline_holds_for_everything(say: Say) -> None:
    with Stranger(say) as stranger:
        assert_timed_out(lambda: post(stranger.url, SHORT))


def test_server_that_does_not_read_does_not_hang_the_sender() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    room = SHORT
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"

    def large() -> None:
        with requests.send("POST", url, {}, b"x" * 30_000_000, room):
            pass

    with server:
        assert reason(large) == "timed-out"


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def endless_chunks(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


@pytest.mark.parametrize("say", [endless, endless_chunks, answers(200, body=b"x" * 70_000)])
def test_answer_is_bounded(say: Say) -> None:
    with Stranger(say) as stranger:
        assert reason(lambda: post(stranger.url)) == "answer-too-long"


def test_status_is_known_before_the_body_ends() -> None:
    with (
        Stranger(endless) as stranger,
        requests.send("POST", stranger.url, {}, b"", LOCAL) as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 40_000 + b"\r\n\r\n",
    ],
)
def test_answer_that_is_not_http_is_refused(said: bytes) -> None:
    with Stranger(says(said)) as stranger:
        assert reason(lambda: post(stranger.url)) == "answer-unreadable"


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc"],
    ids=["nothing", "half a head", "half a body"],
)
def test_answer_that_breaks_off_is_no_answer(said: bytes) -> None:
    with Stranger(says(said)) as stranger:
        assert reason(lambda: post(stranger.url)) == "connection-lost"


def test_chunks_and_interim_answers_are_read() -> None:
    said = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\ntrailer: 1\r\n\r\n"
    )
    with Stranger(says(said)) as stranger:
        assert post(stranger.url) == (200, b"abcde")


def test_no_server_means_cannot_connect() -> None:
    with Stranger(answers(200)) as stranger:
        url = stranger.url
    assert reason(lambda: post(url)) == "cannot-connect"


def test_header_cannot_smuggle_another() -> None:
    with Stranger(answers(200)) as stranger:
        assert (
            reason(lambda: post(stranger.url, headers={"a": "b\r\nc: d"})) == "header-not-allowed"
        )
        assert stranger.heard == []


# ------------------------------------------------------------ addresses, when connecting


def resolves_to(monkeypatch: pytest.MonkeyPatch, *answered: list[tuple[str, int]]) -> list[str]:
    """Let names resolve to these addresses, a list for each look-up; return the names asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answered[min(len(asked), len(answered)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1"])
def test_name_of_a_private_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves_to(monkeypatch, [(address, 443)])
    assert reason(lambda: post("https://example.com/", Room())) == "address-not-allowed"


def test_one_forbidden_address_of_several_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, [("93.184.216.34", 443), ("10.0.0.1", 443)])
    assert reason(lambda: post("https://example.com/", Room())) == "address-not-allowed"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::]"])
def test_other_ways_to_write_loopback_are_refused(host: str) -> None:
    assert reason(lambda: post(f"https://{host}/", Room(seconds=2))) in (
        "address-not-allowed",
        "name-not-resolved",
    )


def test_loopback_needs_its_switch() -> None:
    with Stranger(answers(200)) as stranger:
        url = stranger.url
        assert reason(lambda: post(url, Room(seconds=2))) == "url-not-allowed"
        secure = url.replace("http:", "https:")
        assert reason(lambda: post(secure, Room(seconds=2))) == "address-not-allowed"
        assert stranger.heard == []


def test_name_is_looked_up_once_and_the_checked_address_dialed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that answers a public address first and a private one later has no effect."""
    with Stranger(answers(200)) as stranger:
        place = ("127.0.0.1", stranger.port)
        asked = resolves_to(monkeypatch, [place], [("10.0.0.1", 443)])
        assert post("http://localhost:1/", LOCAL)[0] == 200
        assert asked == ["localhost"]
        assert stranger.heard[0].headers["host"] == "localhost:1"


def test_name_server_that_hangs_is_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> list[object]:
        time.sleep(3)
        return []  # its thread outlives the test

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    assert reason(lambda: post("https://example.com/", SHORT)) == "timed-out"


def test_name_without_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, [])
    assert reason(lambda: post("https://example.com/", Room())) == "name-not-resolved"


# ------------------------------------------------------------ TLS


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> certificate.Files:
    return certificate.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(files: certificate.Files) -> Iterator[Stranger]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with Stranger(answers(204), context) as made:
        yield made


def trusting(bundle: Path | None) -> Room:
    return LOCAL._replace(
        tls=lambda: ssl.create_default_context(cafile=str(bundle) if bundle else None)
    )


def test_trusted_certificate_is_accepted(secure: Stranger, files: certificate.Files) -> None:
    assert post(secure.url, trusting(files.bundle))[0] == 204
    assert len(secure.heard) == 1


def test_unknown_authority_and_other_name_are_refused(
    secure: Stranger, files: certificate.Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reason(lambda: post(secure.url, trusting(None))) == "tls-refused"
    resolves_to(monkeypatch, [("127.0.0.1", secure.port)])
    assert reason(lambda: post("https://example.com/", trusting(files.bundle))) == "tls-refused"
    assert secure.heard == []


def test_server_that_stalls_the_handshake_is_timed_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        assert reason(lambda: post(url, SHORT)) == "timed-out"


def test_certificates_are_checked_by_default() -> None:
    context = dialing.public_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
