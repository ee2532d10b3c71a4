"""AWS clients whose worst case is known, made on first use."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aws import clients

MADE: list[Callable[[], Any]] = [clients.dynamodb, clients.sqs, clients.secretsmanager]


@pytest.fixture(autouse=True)
def _own_clients() -> Iterator[None]:
    """Leave no client behind that was made without moto."""
    clients._client.cache_clear()
    clients._session.cache_clear()
    yield
    clients._client.cache_clear()
    clients._session.cache_clear()


@pytest.mark.parametrize("client", MADE, ids=lambda client: client.__name__)
def test_clients(client: Callable[[], Any]) -> None:
    """Each is made once, without a call, and gives up in the time that the deadline counts on."""
    made = client()
    assert made is client()
    assert made.meta.service_model.service_name == client.__name__
    config = made.meta.config
    assert (config.connect_timeout, config.read_timeout) == (0.8, 1.2)
    assert config.retries == {"mode": "legacy", "total_max_attempts": 2}
