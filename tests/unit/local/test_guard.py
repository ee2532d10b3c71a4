"""The guard in front of MiniStack: which requests it refuses, and what it removes from answers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from local import guard

TOKEN = "t0ken"
OWN = "127.0.0.1:4566"
type Answer = list[guard.Message]


async def _aws(scope: guard.Message, receive: guard.Receive, send: guard.Send) -> None:
    """Answer as MiniStack does, readable by every web page."""
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        return
    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"x-amzn-requestid", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"AWS"})


def ask(
    headers: Mapping[str, str] | list[tuple[str, str]],
    method: str = "POST",
    path: str = "/",
    kind: str = "http",
) -> Answer:
    """Return the messages that answer one request."""
    sent: Answer = []
    pairs = list(headers.items()) if isinstance(headers, Mapping) else headers
    scope: dict[str, Any] = {"type": kind, "path": path, "headers": []}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in pairs]
    if kind == "http":
        scope["method"] = method

    async def send(message: guard.Message) -> None:
        sent.append(message)

    async def receive() -> guard.Message:
        raise AssertionError("the guard reads no body")

    asyncio.run(guard.Guard(_aws, TOKEN)(scope, receive, send))
    return sent


def status(answer: Answer) -> int:
    return int(answer[0]["status"])


@pytest.mark.parametrize(
    "host",
    [
        OWN,
        "localhost:4566",
        "LOCALHOST:4566",
        "localhost",
        "host.docker.internal:4566",
        "1a2b3c4d.execute-api.localhost:4566",
        "bucket.s3.localhost:4566",
        "my.bucket.s3.us-east-1.localhost:4566",
        "s3.localhost:4566",
        "127.0.0.1:51234",  # chaos's proxy
    ],
)
def test_own_hosts_are_answered(host: str) -> None:
    assert status(ask({"host": host})) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.test",
        "evil.test:4566",
        "127.0.0.1.evil.test:4566",
        "localhost.evil.test:4566",
        "evil.test#.localhost:4566",
        "notlocalhost:4566",
        "evil.localhost:4566",
        "execute-api.localhost:4566",
        "a.s3.localhost.evil.test",
        "127x0x0x1:4566",
        "127.0.0.1:4566,evil.test",
        "localhost:",
        "[::1]:4566",
        "192.168.0.9:4566",
    ],
)
def test_other_hosts_are_refused_with_a_sentence(host: str) -> None:
    """A page whose name was made to resolve to 127.0.0.1 cannot call the stack."""
    start, body = ask({"host": host})
    assert start["status"] == 403
    assert body["body"].decode().strip() == guard.BAD_HOST


def test_a_request_needs_exactly_one_host() -> None:
    assert status(ask({})) == 403
    assert status(ask([("host", OWN), ("Host", "evil.test")])) == 403
    assert status(ask([("host", OWN), ("Host", OWN)])) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"Origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": f"http://{OWN}"},
        {"sec-fetch-site": "cross-site"},
        {"Sec-Fetch-Site": "Same-Site"},
        {"access-control-request-method": "PUT"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_web_pages_are_refused(headers: dict[str, str], method: str) -> None:
    start, body = ask({"host": OWN, **headers}, method)
    assert start["status"] == 403
    assert body["body"].decode().strip() == guard.BAD_ORIGIN


def test_a_second_fetch_header_does_not_hide_the_first() -> None:
    both = [("host", OWN), ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")]
    assert status(ask(both)) == 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_an_address_that_a_person_typed_is_answered(site: str) -> None:
    assert status(ask({"host": OWN, "sec-fetch-site": site}, "GET")) == 200


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_answer_has_cors_headers(method: str) -> None:
    start = ask({"host": OWN}, method)[0]
    assert start["headers"] == [(b"x-amzn-requestid", b"1")]
    refused = ask({"host": "evil.test"}, method)[0]
    assert not [name for name, _ in refused["headers"] if name.startswith(b"access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/reset",
        "/_ministack/config",
        "/_ministack/health",
        "/_ministack/sqs/messages",
        "/_ministack/lambda-code/a",
        "/_ministack/a\nb",
        "/_ministack",
        "/_localstack/health",
        "/health",
        "/_ministack/cfn-response/1",
    ],
)
def test_admin_paths_need_the_token(path: str) -> None:
    own = {"host": OWN}
    for headers in (own, {**own, guard.TOKEN_HEADER: "guess"}, {**own, guard.TOKEN_HEADER: ""}):
        start, body = ask(headers, path=path)
        assert (start["status"], body["body"].decode().strip()) == (403, guard.BAD_TOKEN)
    assert status(ask({**own, guard.TOKEN_HEADER: TOKEN}, path=path)) == 200


def test_the_token_does_not_excuse_a_web_page() -> None:
    page = {"host": OWN, "origin": "https://evil.test", guard.TOKEN_HEADER: TOKEN}
    assert status(ask(page, path="/_ministack/reset")) == 403


def test_a_custom_resource_answers_without_the_token() -> None:
    """CloudFormation's response URL holds a random UUID; only PUT delivers a response."""
    path = "/_ministack/cfn-response/01234567-89ab-cdef-0123-456789abcdef"
    assert status(ask({"host": "localhost:4566"}, "PUT", path)) == 200
    assert status(ask({"host": "localhost:4566"}, "GET", path)) == 403
    assert status(ask({"host": "localhost:4566"}, "PUT", path + "/x")) == 403


def test_paths_that_only_begin_alike_are_answered() -> None:
    assert status(ask({"host": OWN}, path="/_ministacker")) == 200
    assert status(ask({"host": OWN}, path="/healthy/object")) == 200


def test_web_sockets_are_guarded_too() -> None:
    page = {"host": OWN, "origin": "https://evil.test"}
    [refused] = ask(page, kind="websocket")
    assert refused["type"] == "websocket.close"
    assert ask({"host": OWN}, kind="websocket")[0]["type"] == "http.response.start"


def test_start_and_stop_pass() -> None:
    """MiniStack restores and saves its state in lifespan events."""
    assert ask({}, kind="lifespan") == [{"type": "lifespan.startup.complete"}]


def test_an_empty_token_opens_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        guard.Guard(_aws, "")
