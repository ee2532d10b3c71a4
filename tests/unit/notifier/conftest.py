"""People who get notices at once, and people who get them every hour."""

import pytest

from tests.support.faults import World
from tests.support.people import People


@pytest.fixture
def people(deployed: World, monkeypatch: pytest.MonkeyPatch) -> People:
    return People(deployed, monkeypatch)


@pytest.fixture
def hourly(deployed: World, monkeypatch: pytest.MonkeyPatch) -> People:
    return People(deployed, monkeypatch, hourly=True)
