"""The program in this process, on a table and queues that moto keeps in memory."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from cli import app
from justcall.catalogue import KINDS, module_name
from ledger import schema
from tests.support.ledger_rows import QUEUES, TABLE, Rows, create_table
from tests.support.moto_once import share_names
from tests.support.samples import SECRET

share_names()

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
REGION = "us-east-1"


class Ran(NamedTuple):
    """How the program ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def message(self) -> str:
        """What it printed on stderr, on one line and without colours (CI has them)."""
        return " ".join(_COLOUR.sub("", self.err).split())


type Hooks = Callable[..., Ran]


@pytest.fixture
def hooks(capsys: pytest.CaptureFixture[str]) -> Hooks:
    """Return what runs the program as its users do."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.main(arguments)
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return where the local stack's file is looked for."""
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))
    return tmp_path / "stack.json"


@pytest.fixture
def local(place: Path) -> dict[str, Any]:
    """Describe a local stack; nothing of it exists yet."""
    described = {
        "webhook_url": "http://api.localhost:4566/webhooks/justcall",
        "registered_url": "https://registered.example/webhooks/justcall",
        "region": REGION,
        "stack_name": "hooks",
        "retention_days": 2,
        "events_table": TABLE,
        "secret_arn": "secret",
        "queues": {kind: f"{QUEUES}events-{module_name(kind)}" for kind in KINDS},
        "dead_letter_queue": f"{QUEUES}dead-letters",
    }
    place.write_text(json.dumps(described))
    return described


class Deployment(NamedTuple):
    """A stack in moto: its table, and its queues by kind."""

    rows: Rows
    sqs: Any

    def send_dead(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=f"{QUEUES}dead-letters", MessageBody=body)

    def depth(self, queue: str) -> int:
        """Return how many messages are in a queue."""
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=f"{QUEUES}{queue}", AttributeNames=[name])
        return int(answer["Attributes"][name])

    def messages(self, kind: str) -> list[Any]:
        """Return what was sent to a kind's queue."""
        url = f"{QUEUES}events-{module_name(kind)}"
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in answer.get("Messages", [])]


def client(service: str) -> Any:
    """Return a client of the AWS that holds the stack."""
    session: Any = boto3.Session("x", "x", region_name=REGION)
    return session.client(service)


@pytest.fixture
def deployed(local: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Return an empty local stack."""
    monkeypatch.setattr(schema, "SHARDS", 2)  # moto is slow: a listing asks each shard
    with mock_aws():
        dynamodb, sqs = client("dynamodb"), client("sqs")
        create_table(dynamodb)
        for queue in ("dead-letters", *(f"events-{module_name(kind)}" for kind in KINDS)):
            sqs.create_queue(QueueName=f"hooks-{queue}")
        client("secretsmanager").create_secret(Name="secret", SecretString=SECRET)
        yield Deployment(Rows(dynamodb), sqs)


def add_deliveries(described: dict[str, Any], place: Path) -> dict[str, Any]:
    """Give the stack a queue of HTTP deliveries and their secret; return its description."""
    url = client("sqs").create_queue(QueueName="hooks-deliveries")["QueueUrl"]
    arn = client("secretsmanager").create_secret(Name="d", SecretString="{}")["ARN"]
    described = described | {"deliveries_queue": url, "delivery_secret": arn}
    place.write_text(json.dumps(described))
    return described
