"""The running stack does what docs/openapi.yaml says, whatever schemathesis makes of it."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from justcall import envelope
from justcall.catalogue import TYPES
from justcall.url_signature import TIMESTAMP_HEADER, VERSION_HEADER
from tests.e2e.conftest import Stack
from tests.support import url_samples
from tests.support.deliveries import signed

DESCRIPTION = schemathesis.openapi.from_path(Path(__file__).parents[2] / "docs/openapi.yaml")
ENDPOINT = DESCRIPTION["/webhooks/justcall"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
modes = pytest.mark.parametrize(
    "mode",
    [GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
    ids=["as-described", "otherwise"],
)
SECONDS = 30.0

# A stack is slow to be asked, and shared by the examples: what they leave in it is what is asked for.
bounded = settings(
    max_examples=60,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)


@pytest.fixture
def session(stack: Stack) -> Iterator[requests.Session]:
    """Return how the stack is asked: at 127.0.0.1 alone, under the name that the API has."""
    with requests.Session() as opened:
        opened.trust_env = False  # no proxy
        opened.max_redirects = 0
        opened.headers["host"] = urlsplit(stack.described["webhook_url"]).netloc
        yield opened


def ask(case: Case[Any], stack: Stack, session: requests.Session) -> tuple[int, str]:
    """Send a case, hold the answer against the description, return status and word."""
    url = f"http://127.0.0.1:{stack.process.port}"
    host = {"host": str(session.headers["host"])}
    answer = case.call(url, session, headers=host, timeout=SECONDS)
    case.validate_response(answer, checks=CHECKS)
    return answer.status_code, answer.json()["status"] if answer.content else ""


def kept(stack: Stack) -> set[tuple[str, str, str]]:
    """Return the name and the count of all that was ever received."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.described["events_table"], ConsistentRead=True)
    )
    return {
        (item["pk"]["S"], item["sk"]["S"], repr(item.get("deliveries")))
        for page in pages
        for item in page["Items"]
        if item["pk"]["S"].startswith("event#")
    }


@modes
def test_nothing_unsigned_has_an_effect(
    stack: Stack, session: requests.Session, mode: GenerationMode
) -> None:
    """Any body with any signature is refused as described, or is a probe; nothing is kept."""
    before = kept(stack)
    answers: set[tuple[int, str]] = set()

    @bounded
    @given(ENDPOINT["post"].as_strategy(generation_mode=mode))
    def run(case: Case[Any]) -> None:
        answers.add(ask(case, stack, session))

    run()
    assert kept(stack) == before
    assert (401, "unauthorized") in answers
    assert answers <= {(401, "unauthorized"), (200, "probe")}


class Signing(requests.auth.AuthBase):
    """Signs the bytes that are about to be sent, in either dialect.

    `provable` says whether they were signed, and arrive as they were: MiniStack hands bytes that
    are no UTF-8 to a function as text, with other characters for what it can't read. The url-signed
    dialect has no signature without a type.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self.provable = False

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        body = prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert isinstance(content, bytes)
        self.provable = is_text(content) and (self._url is None or bool(type_of(content)))
        for name in (VERSION_HEADER, TIMESTAMP_HEADER):
            prepared.headers.pop(name, None)  # schemathesis makes them up
        prepared.headers.update(signed(content) if self._url is None else self._told(content))
        return prepared

    def _told(self, content: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        return url_samples.signed(type_of(content), url=self._url or "", timestamp=timestamp)


def is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def type_of(content: bytes) -> str:
    """Return a type that may be signed for, if the body has one."""
    types, _ = envelope.claims(content)
    return types[0] if types else ""


def set_apart(case: Case[Any], dialect: str) -> None:
    """See to it that no processor has to act on this, and that no other test sends the same."""
    if not isinstance(case.body, dict):
        return
    for name in ("event", "type"):
        if case.body.get(name) in list(TYPES):
            case.body[name] = "fuzz"
    data = case.body.get("data")
    if isinstance(data, dict) and data:
        data["sent"] = dialect


@modes
@pytest.mark.parametrize("dialect", [envelope.BODY_SIGNED, envelope.URL_SIGNED])
def test_whatever_is_signed_is_kept(
    stack: Stack, session: requests.Session, mode: GenerationMode, dialect: str
) -> None:
    """A signed body of any shape is answered 200, and kept unless it is known or a probe."""
    url = stack.described["registered_url"] if dialect == envelope.URL_SIGNED else None
    session.auth = signing = Signing(url)
    before = kept(stack)
    answers: Counter[tuple[int, str]] = Counter()

    @bounded
    @given(ENDPOINT["post"].as_strategy(generation_mode=mode, headers={}))
    def run(case: Case[Any]) -> None:
        set_apart(case, dialect)
        answer = ask(case, stack, session)
        answers[answer] += 1
        assert answer[0] == 200 or (not signing.provable and answer == (401, "unauthorized"))

    run()
    new = {key for key, *_ in kept(stack)} - {key for key, *_ in before}
    assert len(new) == answers[200, "unhandled"] + answers[200, "quarantined"] > 0, answers


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking(stack: Stack, session: requests.Session, method: str) -> None:
    """Whoever looks is told what is described."""

    @bounded
    @given(ENDPOINT[method].as_strategy())
    def run(case: Case[Any]) -> None:
        assert ask(case, stack, session) == (200, "ready" if method == "get" else "")

    run()
