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
    "dead_letter_queue": "http://127.0.0.1:4566/dead-letters",
}
OUTPUTS = {
    "WebhookUrl": "https://api.example.test/webhooks/justcall",
    "EventsTableName": "events-prod",
    "SecretArn": "arn:prod",
    "QueueUrlPrefix": "https://sqs.example.test/prod-events-",
    "DeadLetterQueueUrl": "https://sqs.example.test/prod-dead-letters",
}


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
        parameters = [{"ParameterKey": "RetentionDays", "ParameterValue": "30"}]
        answer = {"Stacks": [{"Outputs": outputs, "Parameters": parameters}]}
    session = FakeSession(StubClient(describe_stacks=answer))
    monkeypatch.setattr("cli.stack.boto3.Session", session)
    return session


def test_the_local_stack_is_found_by_its_file(place: Path) -> None:
    place.write_text(json.dumps(DESCRIBED))
    found = stack.find(None, None, None)
    assert (found.webhook_url, found.events_table) == (DESCRIBED["webhook_url"], "events")
    client = found.client("dynamodb")
    assert client.meta.endpoint_url == DESCRIBED["endpoint_url"]
    assert client.meta.region_name == "us-east-1"
    assert found.client("dynamodb") is client
    assert found.queue_url_prefix == "http://127.0.0.1:4566/e-"
    assert found.retention_days == 400


@pytest.mark.parametrize(
    ("saved", "key"), [({"access_key_id": "root0123"}, "root0123"), ({}, "test")]
)
def test_the_local_stack_is_asked_with_its_root_key(
    place: Path, saved: dict[str, str], key: str
) -> None:
    """A file that an earlier version wrote holds none."""
    place.write_text(json.dumps(DESCRIBED | saved))
    client = stack.find(None, None, None).client("sqs")
    assert client._request_signer._credentials.access_key == key


@pytest.mark.parametrize(("region", "profile"), [("eu-west-1", None), (None, "ops")])
def test_a_region_means_a_deployed_stack(
    place: Path, region: str | None, profile: str | None
) -> None:
    """Without a stack's name nothing is asked: the local stack would be the wrong one."""
    place.write_text(json.dumps(DESCRIBED))
    with pytest.raises(UsageError, match="need --stack"):
        stack.find(None, region, profile)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"region": "us-east-1"}'])
def test_an_unusable_file_is_no_stack(place: Path, text: str | None) -> None:
    if text is not None:
        place.write_text(text)
    with pytest.raises(UsageError, match="Run: make up"):
        stack.find(None, None, None)


def test_a_deployed_stack_is_found_by_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    session = deployed(monkeypatch, OUTPUTS)
    found = stack.find("prod", "eu-west-1", "ops")
    assert session.made == [{"region_name": "eu-west-1", "profile_name": "ops"}] * 2
    assert found.webhook_url == OUTPUTS["WebhookUrl"]
    assert found.events_table == "events-prod"
    assert found.queues["sms.sent"] == "https://sqs.example.test/prod-events-sms_sent"
    assert found.dead_letter_queue == OUTPUTS["DeadLetterQueueUrl"]
    assert found.retention_days == 30
    assert found.queue_url_prefix == OUTPUTS["QueueUrlPrefix"]
    assert found.secret == "s"


def test_a_stack_of_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(monkeypatch, {"BucketName": "x"})
    with pytest.raises(
        UsageError, match="other is not a justcall-hooks stack: it has no output 'WebhookUrl'"
    ):
        stack.find("other", None, None)


def test_cloudformations_refusal_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed(monkeypatch, aws_error("ValidationError"))
    with pytest.raises(UsageError, match="Stack prod: ValidationError happened"):
        stack.find("prod", None, None)


def test_without_region_or_credentials_the_options_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cli.stack.boto3.Session", FakeSession(NoRegionError()))
    with pytest.raises(UsageError, match=r"Could not reach AWS.*aws configure"):
        stack.find("prod", None, None)
