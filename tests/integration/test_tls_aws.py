"""Over TLS the handler's client talks to whom it can trust, and to nobody else."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from aws import connection, dialing, wire
from aws.failures import CannotConnect
from aws.settings import Account
from bench import certificate
from tests.integration.test_hostile_aws import Server, ok, says

ACCOUNT = Account("key", "secret", "", "eu-west-2")


class SecureServer(Server):
    """A server with a certificate that an authority of the test signed."""

    def __init__(self, files: certificate.Files) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(files.certificate, files.key)
        super().__init__(says(ok({"secure": 1})), keep=True)
        self.url = self.url.replace("http:", "https:")

    def _speak(self, connection: Any) -> None:
        try:
            secure = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
        else:
            super()._speak(secure)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> certificate.Files:
    return certificate.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(files: certificate.Files, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = SecureServer(files)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", made.url)
    dialing.tls.cache_clear()
    yield made
    connection.forget_connections()
    dialing.tls.cache_clear()
    made.close()


def ask() -> dict[str, Any]:
    return wire.Client(wire.SERVICES["dynamodb"], ACCOUNT).put_item(TableName="t")


def test_trusted_server_is_asked_over_one_connection(
    server: Server, files: certificate.Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(files.bundle))
    assert [ask()["secure"] for _ in range(3)] == [1, 1, 1]
    assert server.requests == 3
    assert server.connections == 1


def test_unknown_authority_is_not_trusted(server: Server) -> None:
    with pytest.raises(CannotConnect):
        ask()
    assert server.requests == 0


def test_other_name_is_not_trusted(
    server: Server, files: certificate.Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(files.bundle))
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(CannotConnect):
        ask()
    assert server.requests == 0
