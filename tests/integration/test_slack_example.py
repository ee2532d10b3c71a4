"""examples/slack over real sockets: redirects, silence and refused connections fail the message."""

import logging
import socket
import time

import pytest

from examples.slack.function import app
from tests.support.stranger import Stranger, answers


def test_message_is_json_that_unfurls_nothing() -> None:
    with Stranger(answers(200, body=b"ok")) as slack:
        assert app.post(slack.url, "a & b") == ""
        [heard] = slack.heard
    assert heard.line == "POST /hook?a=1 HTTP/1.1"
    assert heard.headers["content-type"] == "application/json"
    assert heard.body == b'{"text": "a & b", "unfurl_links": false, "unfurl_media": false}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    """A redirected POST would become a GET, and its 200 would lose the message."""
    with Stranger(answers(200)) as other:
        with Stranger(answers(status, headers=f"location: {other.url}\r\n")) as slack:
            assert app.post(slack.url, "text") == f"status-{status}"
            assert len(slack.heard) == 1
        assert other.heard == []


@pytest.mark.parametrize("status", [429, 503])
def test_busy_server_is_asked_once(status: int) -> None:
    """SQS retries, not the function: its time is limited."""
    with Stranger(answers(status, headers="retry-after: 0\r\n")) as slack:
        assert app.post(slack.url, "text") == f"status-{status}"
        assert len(slack.heard) == 1


def test_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "POST_SECONDS", 0.2)
    started = time.monotonic()
    with Stranger(lambda _connection: time.sleep(2)) as slack:
        assert app.attempt(slack.url, _body()) == "ReadTimeoutError"
    assert time.monotonic() - started < 1.5


def test_unreachable_or_malformed_url_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    refused = app.attempt(f"http://127.0.0.1:{port}/wordless", _body())
    malformed = app.attempt("ftp://[wordless", _body())
    assert refused == "NewConnectionError"
    assert malformed == "LocationParseError"
    assert "wordless" not in caplog.text
    assert "127.0.0.1" not in caplog.text


def _body() -> str:
    event = '{"key": "call.missed:c1", "kind": "call.missed", "at": "2026-03-12T14:32:00Z"}'
    return f'{{"time": "2026-03-12T14:32:05Z", "detail": {{"data": {{"event": {event}}}}}}}'
