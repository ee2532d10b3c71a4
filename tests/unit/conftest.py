"""Unit tests reach nothing: sockets are off."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_socket import disable_socket

from aws import observability
from tests.support.faults import World, wired_clients, world


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    disable_socket(allow_unix_socket=True)


class Written:
    """What a test's code wrote to its standard output: log lines and metrics."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self) -> str:
        """Return everything since the last look, standard error too."""
        return "".join(self._capsys.readouterr())

    def lines(self) -> list[dict[str, Any]]:
        """Return every line since the last look."""
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]

    def logs(self) -> list[dict[str, Any]]:
        """Return the log lines since the last look."""
        return [line for line in self.lines() if "level" in line]


class _Stdout:
    """Standard output as it is at the moment; pytest changes it between a test's phases."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Written:
    """Return what was written; the logger would keep the stream that it found at its import."""
    monkeypatch.setattr(observability.logger.registered_handler, "stream", _Stdout())
    return Written(capsys)


@pytest.fixture(scope="module")
def _wired() -> Iterator[None]:
    with wired_clients():
        yield


@pytest.fixture
def deployed(_wired: None) -> Iterator[World]:
    """Return an empty deployment on the small AWS, with a clock of its own."""
    with world() as made:
        yield made
