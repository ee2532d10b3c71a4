"""The program in this process, and what it posts instead of posting it."""

from collections.abc import Iterable, Iterator, Mapping

import pytest

from cli import send as posting
from cli.send import Sent, Signing
from tests.support.commands_once import share_commands
from tests.support.program import Deployment, deployed, hooks, local, place

__all__ = ["Posted", "deployed", "hooks", "local", "place", "posted"]

share_commands()


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
            yield Sent("call.completed:call_1", self.status, '{"status":"accepted"}', 1.5)


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch, deployed: Deployment) -> Posted:
    """Return what `hooks send` posts instead of posting it."""
    fake = Posted()
    monkeypatch.setattr(posting, "send", fake)
    return fake
