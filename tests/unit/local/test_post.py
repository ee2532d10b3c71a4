"""Posting to a webhook URL: where it connects, what it sends, and what it refuses."""

from typing import Any

import pytest
from urllib3 import PoolManager, ProxyManager
from urllib3.exceptions import LocationValueError

from justcall.signature import HEADER
from local.post import Receiver

PROXY = "http://proxy.example.test:3128"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the requests instead of making them."""
    made: list[tuple[str, str, dict[str, Any]]] = []

    def request(_pool: PoolManager, method: str, url: str, **arguments: Any) -> None:
        made.append((method, url, arguments))

    monkeypatch.setattr(PoolManager, "request", request)
    return made


def test_names_under_localhost_need_not_resolve(asked: list[Any]) -> None:
    """The connection goes to 127.0.0.1, the name and its port into the Host header."""
    with Receiver("http://abc.execute-api.localhost:4566/webhooks/justcall") as receiver:
        receiver.post(b"{}", {"x-justcall-signature": "signature"})
    [(method, url, arguments)] = asked
    assert (method, url) == ("POST", "http://127.0.0.1:4566/webhooks/justcall")
    assert arguments["body"] == b"{}"
    assert arguments["headers"] == {
        "host": "abc.execute-api.localhost:4566",
        "content-type": "application/json",
        HEADER: "signature",
    }


@pytest.mark.parametrize(
    "url", ["https://example.test/a?b=c", "http://localhost:8080/", "http://notlocalhost/"]
)
def test_other_names_stay(asked: list[Any], url: str) -> None:
    """Only names under localhost are special."""
    with Receiver(url) as receiver:
        receiver.post(b"{}", {})
        receiver.look("HEAD")
    assert [one[1] for one in asked] == [url, url]
    assert [one[2]["headers"] for one in asked] == [{"content-type": "application/json"}, {}]


def test_one_call_is_one_delivery(asked: list[Any]) -> None:
    """Nothing is tried again, no redirect is followed, and nobody waits for ever."""
    with Receiver("https://example.test/") as receiver:
        receiver.post(b"{}", {})
    [(_, _, arguments)] = asked
    assert (arguments["retries"], arguments["redirect"]) == (False, False)
    assert arguments["timeout"].read_timeout == arguments["timeout"].connect_timeout == 30


@pytest.mark.parametrize(
    "url", ["", "example.test/hook", "http://", "/hook", "http://[", "localhost:80/x"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """A URL without a scheme or host is not guessed at."""
    with pytest.raises(LocationValueError):
        Receiver(url)


def test_an_unknown_scheme_is_refused() -> None:
    """Only HTTP is spoken."""
    with Receiver("ftp://example.test/") as receiver, pytest.raises(LocationValueError):
        receiver.post(b"{}", {})


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("https://example.test/", True),
        ("http://example.test/", False),  # none is set for http
        ("https://inside.test/", False),  # no_proxy
        ("https://api.localhost:4566/", False),
        ("https://localhost/", False),
        ("https://127.0.0.1/", False),
        ("https://[::1]/", False),
    ],
)
def test_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch, url: str, *, proxied: bool
) -> None:
    """A proxy is asked where the environment says so, but never for this machine."""
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "inside.test")
    with Receiver(url) as receiver:
        assert isinstance(receiver._pool, ProxyManager) == proxied
