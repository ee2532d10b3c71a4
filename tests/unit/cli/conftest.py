"""The program in this process, and a stack that is none."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from cli import app
from cli.send import Sent, Signing

SECRET = "the stack's secret"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Ran(NamedTuple):
    """How the program ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What it printed on stderr, without colours (CI has them) and breaks of lines."""
        return " ".join(_COLOUR.sub("", self.err).split())


type Hooks = Callable[..., Ran]


class FakeTable:
    """A DynamoDB client that finds the same items wherever it looks, or fails."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items
        self.error: Exception | None = None
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, _operation: str) -> "FakeTable":
        return self

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(arguments)
        if self.error:
            raise self.error
        yield {"Items": list(self.items)}


class FakeStack:
    """What the commands know of a deployment."""

    webhook_url = "http://api.localhost:4566/webhooks/justcall"
    registered_url = "https://registered.example/webhooks/justcall"
    events_table = "events"
    secret = SECRET

    def __init__(self) -> None:
        self.table = FakeTable()

    def client(self, _service: str) -> FakeTable:
        return self.table


class Posted:
    """Stands for `cli.send.send`: keeps what it was given and answers with one status."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[bytes] = []
        self.url = ""
        self.headers: Mapping[str, str] = {}
        self.rate: float | None = None

    def __call__(
        self, url: str, bodies: Iterable[bytes], signing: Signing, rate: float | None
    ) -> Iterator[Sent]:
        self.url, self.rate = url, rate
        for body in bodies:
            self.headers = signing(body)
            self.bodies.append(body)
            yield Sent("call.completed:call_1", self.status, '{"status":"said"}', 1.5)


@pytest.fixture
def hooks(capsys: pytest.CaptureFixture[str]) -> Hooks:
    """Return what runs the program as its users do."""

    def run(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            app.main(arguments)
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """Return the stack that the commands find."""
    fake = FakeStack()
    monkeypatch.setattr("cli.stack.find", lambda *_: fake)
    return fake


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch, stack: FakeStack) -> Posted:
    """Return what `hooks send` posts instead of posting it."""
    fake = Posted()
    monkeypatch.setattr(app, "post", fake)
    return fake
