"""The receivers of examples/ accept what the sender signs, and nothing else."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import standardwebhooks

from deliveries import signature
from deliveries.attempt import attempt, posting
from deliveries.message import Delivery
from outbound.requests import Room

RECEIVERS = Path(__file__).parents[2] / "examples" / "receivers"
SECRET, OTHER = signature.new_secret(), signature.new_secret()
BODY = json.dumps({"id": "call.missed:c1#1", "type": "justcall.call.missed.v1"})
DELIVERY = Delivery("crm", "msg_1", "call.missed", "call.missed:c1", BODY, 0.0)
POST = posting(Room(seconds=5, http_to_loopback=True))


class Running(NamedTuple):
    process: subprocess.Popen[str]
    url: str

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


def commands() -> list[list[str]]:
    python = [sys.executable, str(RECEIVERS / "receiver.py"), "0"]
    node = [shutil.which("node") or "node", str(RECEIVERS / "receiver.mjs"), "0"]
    return [python, node]


@pytest.fixture(params=commands(), ids=["python", "node"])
def receiver(request: pytest.FixtureRequest) -> Iterator[Running]:
    if not shutil.which(request.param[0]):
        pytest.skip("node is not installed")
    process = subprocess.Popen(
        request.param, env={"WEBHOOK_SECRET": SECRET}, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        yield Running(process, process.stdout.readline().strip())
        process.kill()


def test_signed_delivery_is_accepted(receiver: Running) -> None:
    result = attempt(POST, receiver.url, DELIVERY, [SECRET], time.time())
    assert (result.reason, result.status) == ("", 204)
    assert receiver.line() == "msg_1 justcall.call.missed.v1 call.missed:c1#1"


@pytest.mark.parametrize("keys", [[SECRET, OTHER], [OTHER, SECRET]], ids=["first", "second"])
def test_one_of_two_signatures_suffices(receiver: Running, keys: list[str]) -> None:
    assert attempt(POST, receiver.url, DELIVERY, keys, time.time()).status == 204


@pytest.mark.parametrize("age", [-400, 400], ids=["future", "past"])
def test_old_delivery_is_refused(receiver: Running, age: float) -> None:
    result = attempt(POST, receiver.url, DELIVERY, [SECRET], time.time() - age)
    assert result.reason == "status-401"


def test_unsigned_and_forged_deliveries_are_refused(receiver: Running) -> None:
    assert attempt(POST, receiver.url, DELIVERY, [OTHER], time.time()).status == 401
    good = dict(signature.headers("msg_1", int(time.time()), BODY.encode(), [SECRET]))
    assert POST(receiver.url, good, BODY.encode() + b" ")[0] == 401
    assert POST(receiver.url, good | {"webhook-id": "msg_2"}, BODY.encode())[0] == 401
    assert POST(receiver.url, {}, BODY.encode())[0] == 401
    assert POST(receiver.url, good | {"webhook-timestamp": "now"}, BODY.encode())[0] == 401
    assert POST(receiver.url, good, BODY.encode())[0] == 204


def test_reference_implementation_accepts_every_signature() -> None:
    """The public package of the Standard Webhooks project."""
    headers = dict(signature.headers("msg_1", int(time.time()), BODY.encode(), [SECRET, OTHER]))
    for secret in (SECRET, OTHER):
        assert standardwebhooks.Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(signature.new_secret()).verify(BODY, headers)
