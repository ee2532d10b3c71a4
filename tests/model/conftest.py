"""Worlds for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.faults import wired_clients


@pytest.fixture(scope="package", autouse=True)
def _wired() -> Iterator[None]:
    with wired_clients():
        yield
