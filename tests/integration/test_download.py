"""Downloads from servers that lie, stall, never end, or lead somewhere else."""

import gzip
import socket
import threading
import time

import pytest

from outbound.requests import Room
from recordings import download as downloading
from recordings.download import Hosts, download
from tests.support.stranger import Say, Stranger, answers, assert_timed_out, drip, reason, says

FILE = b"ID3\x04" + bytes(100_000)
ROOM = Room(seconds=3.0, stall_seconds=3.0, max_answer_bytes=200_000, http_to_loopback=True)
SHORT = ROOM._replace(seconds=0.4)
HERE = Hosts.of("127.0.0.1")


def get(url: str, room: Room = ROOM, hosts: Hosts = HERE) -> bytes:
    with download(url, hosts, room) as pieces:
        return b"".join(pieces)


def redirect(to: str, status: int = 302) -> Say:
    return answers(status, f"location: {to}\r\n")


def test_file_arrives_and_the_server_learns_nothing_of_us() -> None:
    with Stranger(answers(200, body=FILE)) as stranger:
        assert get(stranger.url) == FILE
        [heard] = stranger.heard
        assert heard.line == "GET /hook?a=1 HTTP/1.1"
        assert set(heard.headers) == {
            "host", "connection", "accept-encoding", "accept", "user-agent",
        }  # fmt: skip
        assert heard.headers["accept-encoding"] == "identity"


def test_chunked_file_arrives() -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in (FILE[:9], FILE[9:]))
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    with Stranger(says(head, chunks, b"0\r\n\r\n")) as stranger:
        assert get(stranger.url) == FILE


@pytest.mark.parametrize("status", [201, 204, 206, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_other_status_is_no_file(status: int) -> None:
    with Stranger(answers(status, body=b"" if status in (204, 304) else b"x")) as stranger:
        assert reason(lambda: get(stranger.url)) == f"status-{status}"


# ------------------------------------------------------------ hosts and redirects


def test_host_that_is_not_listed_is_not_asked() -> None:
    with Stranger(answers(200, body=FILE)) as stranger:
        url, listed = stranger.url, Hosts.of("justcall.io, *.justcall.io")
        assert reason(lambda: get(url, hosts=listed)) == "host-not-allowed"
        assert stranger.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_a_listed_host_is_followed(status: int) -> None:
    with Stranger(answers(200, body=FILE)) as last:
        with Stranger(redirect(last.url, status)) as first:
            assert get(first.url) == FILE
        assert len(last.heard) == 1


def test_relative_redirect_is_followed() -> None:
    with Stranger(redirect("/there?b=2#part")) as stranger:
        stranger.say = lambda connection: (
            answers(200, body=FILE) if len(stranger.heard) > 1 else redirect("/there?b=2#part")
        )(connection)
        assert get(stranger.url) == FILE
        assert [one.line.split()[1] for one in stranger.heard] == ["/hook?a=1", "/there?b=2"]


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("https://evil.example/x", "host-not-allowed"),
        ("https://127.0.0.1.evil.example/x", "host-not-allowed"),
        ("https://127.0.0.1@evil.example/x", "url-not-allowed"),
        ("http://169.254.169.254/latest/meta-data/", "url-not-allowed"),
        ("https://169.254.169.254/latest/meta-data/", "host-not-allowed"),
        ("https://[::1]/x", "host-not-allowed"),
        ("//evil.example/x", "url-not-allowed"),
        ("ftp://127.0.0.1/x", "url-not-allowed"),
        ("file:///etc/passwd", "url-not-allowed"),
        ("http://10.0.0.1/x", "url-not-allowed"),
        ("gopher://x", "url-not-allowed"),
        ("", "too-many-redirects"),
    ],
)
def test_redirect_is_checked_like_the_first_link(to: str, why: str) -> None:
    with Stranger(redirect(to)) as stranger:
        assert reason(lambda: get(stranger.url)) == why


def test_redirect_to_a_private_address_of_a_listed_name_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, port: int, **how: int) -> object:
        if host == "files.justcall.io":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 443))]
        return real(host, port, **how)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    hosts = Hosts.of("127.0.0.1, *.justcall.io")
    with Stranger(redirect("https://files.justcall.io/x")) as stranger:
        assert reason(lambda: get(stranger.url, hosts=hosts)) == "address-not-allowed"


def test_redirects_end() -> None:
    with Stranger(redirect("/again")) as stranger:
        assert reason(lambda: get(stranger.url)) == "too-many-redirects"
        assert len(stranger.heard) == downloading.MAX_REDIRECTS + 1


def test_redirect_to_nowhere_is_unreadable() -> None:
    with Stranger(answers(302)) as stranger:
        assert reason(lambda: get(stranger.url)) == "answer-unreadable"


def test_redirects_share_one_time_limit() -> None:
    def slow(connection: socket.socket) -> None:
        time.sleep(0.2)
        redirect("/again")(connection)

    with Stranger(slow) as stranger:
        assert_timed_out(lambda: get(stranger.url, SHORT))


# ------------------------------------------------------------ bodies


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return gzip.compress(bytes(50_000_000))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_compressed_answer_is_refused_and_not_unpacked(coding: str, bomb: bytes) -> None:
    with Stranger(answers(200, f"content-encoding: {coding}\r\n", bomb)) as stranger:
        assert reason(lambda: get(stranger.url)) == "content-encoded"


def test_file_that_is_compressed_itself_is_kept_as_it_is() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    with Stranger(answers(200, "content-encoding: identity\r\n", bomb)) as stranger:
        assert get(stranger.url) == bomb


def test_announced_length_over_the_limit_is_refused_before_the_body() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 200001\r\n\r\n"
    with Stranger(says(head)) as stranger:
        assert reason(lambda: get(stranger.url)) == "answer-too-long"


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + bytes(65_536) + b"\r\n")


def test_endless_body_is_cut_off() -> None:
    with Stranger(endless) as stranger:
        assert reason(lambda: get(stranger.url)) == "answer-too-long"


def test_body_without_a_length_is_refused() -> None:
    """Its end could be where the connection broke off."""
    with Stranger(says(b"HTTP/1.1 200 OK\r\n\r\n" + FILE)) as stranger:
        assert reason(lambda: get(stranger.url)) == "length-unknown"


@pytest.mark.parametrize(
    "said",
    [
        b"content-length: 100\r\n\r\nID3 short",
        b"transfer-encoding: chunked\r\n\r\n10\r\nID3 short",
        b"transfer-encoding: chunked\r\n\r\n3\r\nID3\r\n",
    ],
    ids=["length", "chunk", "no last chunk"],
)
def test_body_that_ends_early_is_no_file(said: bytes) -> None:
    with Stranger(says(b"HTTP/1.1 200 OK\r\n" + said)) as stranger:
        assert reason(lambda: get(stranger.url)) == "connection-lost"


def test_bytes_after_the_length_are_ignored() -> None:
    with Stranger(says(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nID3 and more")) as stranger:
        assert get(stranger.url) == b"ID3"


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "9" * 30, "1, 2"])
def test_length_that_is_none_is_refused(length: str) -> None:
    said = f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nID3".encode()
    with Stranger(says(said)) as stranger:
        assert reason(lambda: get(stranger.url)) in ("answer-unreadable", "answer-too-long")


def stall(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nID3")
    threading.Event().wait(5)


@pytest.mark.parametrize("say", [drip, stall])
def test_slow_body_ends_with_the_time(say: Say) -> None:
    with Stranger(say) as stranger:
        assert_timed_out(lambda: get(stranger.url, SHORT))


def test_stall_ends_before_the_time_does() -> None:
    room = ROOM._replace(seconds=60.0, stall_seconds=0.2)
    with Stranger(stall) as stranger:
        assert_timed_out(lambda: get(stranger.url, room))
