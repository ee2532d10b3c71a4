"""A world with an archiver."""

import pytest

from tests.support.faults import World
from tests.support.recordings import Archive


@pytest.fixture
def archive(deployed: World, monkeypatch: pytest.MonkeyPatch) -> Archive:
    return Archive(deployed, monkeypatch)
