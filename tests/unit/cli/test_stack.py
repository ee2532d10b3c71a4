"""Finding a deployment, and what is said where there is none."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoRegionError

from cli import stack
from cli.errors import UsageError
from justcall.catalogue import KINDS, module_name
from tests.support.fakes import StubClient, aws_error

DESCRIBED = {
    "webhook_url": "http://api.localhost:4566/webhooks/justcall",
    "endpoint_url": "http://127.0.0.1:4566",
    "region": "us-east-1",
    "events_table": "events",
    "secret_arn": "arn:secret",
    "queues": {kind: f"http://127.0.0.1:4566/e-{module_name(kind)}" for kind in KINDS},
    "dead_letter_queues": {kind: f"http://127.0.0.1:4566/{kind}" for kind in KINDS},
}
OUTPUTS = {
    "WebhookUrl": "https://api.example.test/webhooks/justcall",
    "EventsTableName": "events-prod",
    "SecretArn": "arn:prod",
    "QueueUrlPrefix": "https://sqs.example.test/prod-events-",
    "DeadLetterQueueUrlPrefix": "https://sqs.example.test/prod-dead-letters-",
}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return where the local stack's file is looked for."""
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))
    return tmp_path / "stack.json"


class FakeSession:
    """Stands for `boto3.Session`."""

    def __init__(self, cloudformation: Any) -> None:
        self.cloudformation = cloudformation
        self.made: list[dict[str, Any]] = []

    def __call__(self, **arguments: Any) -> "FakeSession":
        self.made.append(arguments)
        return self

    def client(self, service: str, **_: Any) -> Any:
        if service == "secretsmanager":
            return StubClient(get_secret_value={"SecretString": "s"})
        if isinstance(self.cloudformation, Exception):
            raise self.cloudformation
        return self.cloudformation


def deployed(monkeypatch: pytest.MonkeyPatch, answer: Any) -> FakeSession:
    """Let CloudFormation answer; a dictionary is a stack's outputs."""
    if isinstance(answer, dict):
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in answer.items()]
        answer = {"Stacks": [{"Outputs": outputs}]}
    session = FakeSession(StubClient(describe_stacks=answer))
    monkeypatch.setattr("cli.stack.boto3.Session", session)
    return session


def test_the_local_stack_is_found_by_its_file(place: Path) -> None:
    """The file that `make up` leaves is all that is needed; the user's own AWS is not asked."""
    place.write_text(json.dumps(DESCRIBED))
    found = stack.find(None, None, None)
    assert (found.webhook_url, found.events_table) == (DESCRIBED["webhook_url"], "events")
    client = found.client("dynamodb")
    assert client.meta.endpoint_url == DESCRIBED["endpoint_url"]
    assert client.meta.region_name == "us-east-1"
    assert found.client("dynamodb") is client
    assert found.queue_url_prefix == "http://127.0.0.1:4566/e-"


@pytest.mark.parametrize(("region", "profile"), [("eu-west-1", None), (None, "ops")])
def test_a_region_means_a_deployed_stack(
    place: Path, region: str | None, profile: str | None
) -> None:
    """Without a stack's name nothing is asked: the local stack would be the wrong one."""
    place.write_text(json.dumps(DESCRIBED))
    with pytest.raises(UsageError, match="go with --stack"):
        stack.find(None, region, profile)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"region": "us-east-1"}'])
def test_no_whole_file_is_no_stack(place: Path, text: str | None) -> None:
    """No file, half a file or a file of something else: make up."""
    if text is not None:
        place.write_text(text)
    with pytest.raises(UsageError, match="run: make up"):
        stack.find(None, None, None)


def test_a_deployed_stack_is_found_by_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Region and profile are the user's; URL, table, secret and queues are the outputs'."""
    session = deployed(monkeypatch, OUTPUTS)
    found = stack.find("prod", "eu-west-1", "ops")
    assert session.made == [{"region_name": "eu-west-1", "profile_name": "ops"}] * 2
    assert found.webhook_url == OUTPUTS["WebhookUrl"]
    assert found.events_table == "events-prod"
    assert found.queues["sms.sent"] == "https://sqs.example.test/prod-events-sms_sent"
    dead = found.dead_letter_queues["sms.sent"]
    assert dead == "https://sqs.example.test/prod-dead-letters-sms_sent"
    assert found.queue_url_prefix == OUTPUTS["QueueUrlPrefix"]
    assert found.secret == "s"


def test_a_stack_of_something_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack without our outputs is none of ours."""
    deployed(monkeypatch, {"BucketName": "x"})
    with pytest.raises(
        UsageError, match="stack other is none of justcall-hooks: no output 'WebhookUrl'"
    ):
        stack.find("other", None, None)


def test_a_stack_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation's refusal is passed on."""
    deployed(monkeypatch, aws_error("ValidationError"))
    with pytest.raises(UsageError, match="stack prod: ValidationError happened"):
        stack.find("prod", None, None)


def test_aws_that_cannot_be_asked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region or credentials the user learns which options help."""
    monkeypatch.setattr("cli.stack.boto3.Session", FakeSession(NoRegionError()))
    with pytest.raises(UsageError, match="see --region, --profile and: aws configure"):
        stack.find("prod", None, None)
