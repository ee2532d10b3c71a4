"""The answer leaves within eight seconds even if AWS takes the connection and then says nothing."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from aws import connection, lean, wire
from aws.deadline import ANSWER_SECONDS
from handler import app
from tests.integration.conftest import forget_settings
from tests.support import stack
from tests.support.deliveries import request
from tests.support.samples import CALL_COMPLETED, SECRET, body
from tests.support.stranger import Server

SERVICES = {
    "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "dynamodb": "AWS_ENDPOINT_URL_DYNAMODB",
    "sqs": "AWS_ENDPOINT_URL_SQS",
}
ANSWERS = {"secretsmanager": {"SecretString": SECRET}, "dynamodb": {}, "sqs": {"MessageId": "1"}}


class Aws(Server):
    """One service on a port of its own: it answers every call alike, or takes it and says nothing."""

    def __init__(self, answer: dict[str, str] | None) -> None:
        self._answer = answer
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"

    def _speak(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while self._answer is not None and connection.recv(65_536):
                text = json.dumps(self._answer)
                head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(text)}\r\n\r\n"
                connection.sendall((head + text).encode())


@pytest.fixture
def hanging(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the named services hang, and the others answer."""
    for name, value in stack.environment("HandlerFunction").items():
        monkeypatch.setenv(name, value)
    services = {
        name: Aws(None if name in request.param else answer) for name, answer in ANSWERS.items()
    }
    for name, service in services.items():
        monkeypatch.setenv(SERVICES[name], service.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    forget_settings()
    assert isinstance(lean.dynamodb(), wire.Client)
    yield
    connection.forget_connections()
    for service in services.values():
        service.close()
    forget_settings()


@pytest.mark.parametrize(
    "hanging", [("secretsmanager",), ("dynamodb",), ("sqs",), tuple(SERVICES)], indirect=True
)
@pytest.mark.usefixtures("hanging")
def test_the_answer_leaves_in_time() -> None:
    """Whichever service hangs, cold and with real sockets: 503, so that JustCall comes back."""
    started = time.monotonic()
    answer = app.handler(delivery(), None)
    assert answer["statusCode"] == 503
    assert time.monotonic() - started < ANSWER_SECONDS


@pytest.mark.parametrize("hanging", [()], indirect=True)
@pytest.mark.usefixtures("hanging")
def test_these_stand_ins_can_answer() -> None:
    """Where nothing hangs, the same event is accepted: it is the hanging that was tested."""
    assert app.handler(delivery(), None)["statusCode"] == 200


def delivery() -> dict[str, object]:
    return request(body(CALL_COMPLETED))
