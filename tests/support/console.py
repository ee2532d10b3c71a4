"""The page over a stack, served in a thread, and a browser that looks at it.

Tests import the fixtures that they use: `browser`, `console` and `page`.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import urllib3
from moto.core.botocore_stubber import BotocoreStubber
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cli import stack as stacks
from cli.console import server
from cli.console.access import Access
from cli.send import key_of
from cli.stack import Stack
from handler.app import handler
from justcall.catalogue import KINDS, module_name
from ledger import schema
from tests.support import stack
from tests.support.chromium import find_chromium
from tests.support.cloud import Cloud
from tests.support.deliveries import request

_START_SECONDS = 60.0
PATIENCE_MS = 45_000
expect.set_options(timeout=PATIENCE_MS)


class Served(NamedTuple):
    """A page that is served."""

    access: Access

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.access.port}"

    def ask(
        self, path: str = "/", method: str = "GET", body: str | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Ask as a browser that has the cookie, unless `cookie` says otherwise."""
        own = {"cookie": f"{self.access.cookie}={self.access.key}"}
        sent = own | {name.replace("_", "-"): value for name, value in headers.items()}
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request(method, self.url + path, body=body, headers=sent, redirect=False)

    def act(self, action: str, body: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """Send a form as the page does."""
        token = {"x_console_token": self.access.token}
        form = {"content_type": "application/x-www-form-urlencoded"}
        return self.ask(f"/do/{action}", "POST", body, **(token | form | headers))


def deliver_body(content: bytes) -> str:
    """Let JustCall deliver an event; return its key."""
    assert handler(request(content), None)["statusCode"] == 200
    key = key_of(content)
    assert key
    return key


@contextmanager
def serving(of: Stack, *, writes: bool = True) -> Iterator[Served]:
    """Serve the page of a stack on a free port."""
    listening = server.listen(0)
    access = server.access_to(listening.getsockname()[1], None, writes=writes)
    one = server.Server(of, listening, access)
    thread = threading.Thread(target=one.serve_until_stopped)
    thread.start()
    try:
        end = time.monotonic() + _START_SECONDS
        while not one.started:
            assert thread.is_alive()
            assert time.monotonic() < end
            time.sleep(0.01)
        yield Served(access)
    finally:
        one.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    with sync_playwright() as playwright:
        # CI runs as root, for which Chromium has no sandbox.
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def console(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    """Serve the page of the stack that handler and processors use."""
    monkeypatch.setattr(schema, "SHARDS", 2)  # moto is slow: a listing asks each shard
    _take_turns(monkeypatch)
    queues = f"https://sqs.{stack.REGION}.amazonaws.com/{stack.ACCOUNT}/{stack.STACK}-"
    described = {
        "webhook_url": "http://api.localhost:1/webhooks/justcall",
        "region": stack.REGION,
        "stack_name": stack.STACK,
        "events_table": cloud.table,
        "secret_arn": stack.physical_name("ApiSecret"),
        "queues": {kind: f"{queues}events-{module_name(kind)}" for kind in KINDS},
        "dead_letter_queue": f"{queues}dead-letters",
        "retention_days": 1,
    }
    (tmp_path / "stack.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))
    with serving(stacks.find(None, None, None)) as served:
        yield served


def _take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto serve one request at a time: it does not expect the page's threads."""
    turn, answer = threading.RLock(), BotocoreStubber.__call__

    def answering(self: Any, *arguments: Any, **named: Any) -> Any:
        with turn:
            return answer(self, *arguments, **named)

    monkeypatch.setattr(BotocoreStubber, "__call__", answering)


@pytest.fixture
def page(console: Served, browser: Browser) -> Iterator[Page]:
    """Return a browser's page that has opened the link, and has seen no error at the end."""
    context = browser.new_context(base_url=console.url)
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    asked: list[str] = []
    problems: list[str] = []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console", lambda one: problems.append(one.text) if "Content Security" in one.text else None
    )
    opened.goto(console.access.link)
    yield opened
    assert [one for one in asked if not one.startswith((console.url, "http://localhost:"))] == []
    assert problems == []
    context.close()
