"""People who are told at once, and people who are told every hour."""

import pytest

from tests.support.faults import World
from tests.support.people import People


@pytest.fixture
def people(deployed: World, monkeypatch: pytest.MonkeyPatch) -> People:
    return People(deployed, monkeypatch)


@pytest.fixture
def hourly(deployed: World, monkeypatch: pytest.MonkeyPatch) -> People:
    return People(deployed, monkeypatch, hourly=True)
