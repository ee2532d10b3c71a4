"""A deployment of template.yaml in moto for each test."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from aws import clients, lean
from handler import app
from messaging import consumer
from sweeper import app as sweeper
from tests.support import stack, url_samples
from tests.support.bug import refuse_sideways
from tests.support.cloud import Cloud
from tests.support.commands_once import share_commands
from tests.support.wire import answer_wire, by_moto

share_commands()


@pytest.fixture(scope="session", autouse=True)
def _clients_that_moto_knows() -> None:
    # A client that was made before moto was loaded would go out to the network.
    clients._client.cache_clear()
    clients._session.cache_clear()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Return an empty deployment; handler and processors find it by the template's variables."""
    variables = {
        **stack.environment("HandlerFunction"),
        **stack.environment("SweeperFunction"),
        **_processor_variables(),
    }
    # Registered under the samples' URL, and with patience for the samples' time.
    variables |= {"WEBHOOK_URLS": url_samples.URL, "TIMESTAMP_PAST_MINUTES": "10000000"}
    for name, value in variables.items():
        if value:  # an empty endpoint means AWS
            monkeypatch.setenv(name, value)
    forget_settings()
    answer_wire(monkeypatch, by_moto)
    refuse_sideways(monkeypatch)
    with mock_aws():
        yield Cloud()
    forget_settings()


def forget_settings() -> None:
    """Let handler and processors start cold: settings, cached secrets and all."""
    app._ports.cache_clear()
    lean._client.cache_clear()
    consumer._tables.cache_clear()
    sweeper._ports.cache_clear()


def _processor_variables() -> dict[str, str]:
    return stack.environment("CallCompletedProcessor")
