"""The guard in front of MiniStack: which requests it refuses, and what it removes from answers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from local import guard

TOKEN = "t0ken"
ROOT_KEY = "root" + "0123456789abcdef" * 4
OWN = "127.0.0.1:4566"
type Answer = list[guard.Message]


def signed(key: str) -> str:
    """Return the header of a request that a key signed; the guard checks no signature."""
    scope = "20261127/us-east-1/sqs/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=host, Signature=0"


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
    authorization: str | None = signed(ROOT_KEY),
) -> Answer:
    """Return the messages that answer one request, which root has signed unless told otherwise."""
    sent: Answer = []
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if authorization is not None:
        pairs.append(("authorization", authorization))
    scope: dict[str, Any] = {"type": kind, "path": path, "headers": []}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in pairs]
    if kind == "http":
        scope["method"] = method

    async def send(message: guard.Message) -> None:
        sent.append(message)

    async def receive() -> guard.Message:
        raise AssertionError("the guard reads no body")

    asyncio.run(guard.Guard(_aws, TOKEN, ROOT_KEY)(scope, receive, send))
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
        guard.Guard(_aws, "", ROOT_KEY)


@pytest.mark.parametrize("key", ["", "test", "000000000000"])
def test_a_root_key_that_can_be_guessed_opens_nothing(key: str) -> None:
    with pytest.raises(ValueError, match="guessed"):
        guard.Guard(_aws, TOKEN, key)


NOT_ROOT = {
    "no header": None,
    "an empty header": "",
    "no key": signed(""),
    "test": signed("test"),
    "an account": signed("000000000000"),
    "another root's": signed("root" + "f" * 64),
    "a part of root's": signed(ROOT_KEY[:-1]),
    "longer than root's": signed(ROOT_KEY + "0"),
    "only a prefix of a role's": signed("ASIA"),
    "a role's with something after it": signed("ASIA0123456789ABCDEF?"),
    "SigV2": f"AWS {ROOT_KEY}:signature",
    "SigV4A": signed(ROOT_KEY).replace("HMAC", "ECDSA-P256"),
    "basic": "Basic dGVzdDp0ZXN0",
    "two keys, the first one counts": signed("test") + ", " + signed(ROOT_KEY),
}


@pytest.mark.parametrize("authorization", NOT_ROOT.values(), ids=NOT_ROOT)
@pytest.mark.parametrize("path", ["/", "/000000000000/queue", "/2015-03-31/functions"])
def test_whoever_has_no_key_of_the_stack_is_refused(path: str, authorization: str | None) -> None:
    start, body = ask({"host": OWN}, path=path, authorization=authorization)
    assert (start["status"], body["body"].decode().strip()) == (403, guard.BAD_KEY)


def test_a_second_authorization_header_is_refused() -> None:
    assert status(ask({"host": OWN, "Authorization": signed("test")})) == 403
    assert status(ask({"host": OWN, "Authorization": signed(ROOT_KEY)})) == 403


@pytest.mark.parametrize("key", [ROOT_KEY, "ASIA0123456789ABCDEF", "AKIA0123456789ABCDEF"])
def test_root_and_keys_whose_signatures_ministack_checks_pass(key: str) -> None:
    assert status(ask({"host": OWN}, authorization=signed(key))) == 200


def test_the_webhook_needs_no_key() -> None:
    for method in ("GET", "HEAD", "POST"):
        headers = {"host": "1a2b3c4d.execute-api.localhost:4566"}
        assert status(ask(headers, method, "/webhooks/justcall", authorization=None)) == 200


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("1a2b3c4d.execute-api.localhost:4566", "/"),
        ("1a2b3c4d.execute-api.localhost:4566", "/webhooks/justcall/../.."),
        ("1a2b3c4d.execute-api.localhost:4566", "/iceberg/v1"),
        # MiniStack knows no API by these names, and would answer as AWS.
        ("1A2B3C4D.execute-api.localhost:4566", "/webhooks/justcall"),
        ("1a2b3c4d.EXECUTE-API.localhost:4566", "/webhooks/justcall"),
        ("1a2b3c4.execute-api.localhost:4566", "/webhooks/justcall"),
        ("zzzzzzzz.execute-api.localhost:4566", "/webhooks/justcall"),
        (OWN, "/webhooks/justcall"),
        ("s3.localhost:4566", "/webhooks/justcall"),
    ],
)
def test_all_but_the_webhook_needs_a_key(host: str, path: str) -> None:
    start, body = ask({"host": host}, path=path, authorization=None)
    assert (start["status"], body["body"].decode().strip()) == (403, guard.BAD_KEY)


def test_web_sockets_need_a_key_too() -> None:
    [refused] = ask({"host": OWN}, kind="websocket", authorization=signed("test"))
    assert refused["type"] == "websocket.close"
