"""AWS clients whose worst case is known, made on first use."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore import xform_name

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


@pytest.fixture
def _powertools() -> None:
    """Powertools is there, as in a Lambda: it would put itself into every request."""
    importlib.import_module("aws.observability")


class NotSent(Exception):
    """The request was made, and is not sent."""


def said_to_aws(client: Any) -> Any:
    """Return the headers of a request, which is never sent."""
    requests: list[Any] = []

    def keep(request: Any, **_: object) -> None:
        requests.append(request)
        raise NotSent

    client.meta.events.register_last("request-created", keep)
    service: Any = client.meta.service_model
    operation = service.operation_model(service.operation_names[0])
    with pytest.raises(NotSent):
        getattr(client, xform_name(operation.name))()
    return requests[0].headers


@pytest.mark.usefixtures("_powertools")
@pytest.mark.parametrize("client", MADE, ids=lambda client: client.__name__)
def test_clients(client: Callable[[], Any]) -> None:
    """Each is made once, without a call, and gives up in the time that the deadline counts on."""
    made = client()
    assert made is client()
    assert made.meta.service_model.service_name == client.__name__
    config = made.meta.config
    assert said_to_aws(made).get_all("User-Agent") == ["justcall-hooks"]
    assert (config.connect_timeout, config.read_timeout) == (0.8, 1.2)
    assert config.retries == {"mode": "legacy", "total_max_attempts": 2}
