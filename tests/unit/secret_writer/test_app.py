"""The custom resource that writes the API secret once."""

import json
from typing import Any
from urllib.request import Request

import pytest

from secret_writer.app import handler
from tests.support.fakes import StubClient, aws_error

VALUE = "the value of the parameter"
NO_VALUE = aws_error("ResourceNotFoundException")


class CloudFormation:
    """CloudFormation, which calls the function and waits for an answer at a URL."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.client = StubClient(get_secret_value=NO_VALUE)
        monkeypatch.setattr("secret_writer.app.clients.secretsmanager", lambda: self.client)
        monkeypatch.setattr("secret_writer.app.urlopen", self._take)

    def call(self, kind: str = "Create", **changes: Any) -> dict[str, Any]:
        event = {
            "RequestType": kind,
            "ResponseURL": "https://cloudformation-custom-resource-response.s3.amazonaws.com/x?y",
            "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/justcall-hooks/1",
            "RequestId": "6f2c1d3e-0000-4000-8000-000000000000",
            "LogicalResourceId": "SecretValue",
            "ResourceProperties": {"SecretArn": "arn:secret", "Value": VALUE},
        }
        handler(event | changes, None)
        return self.answers[-1]

    def _take(self, request: Request, timeout: float) -> StubClient:
        assert timeout > 0
        assert isinstance(request.data, bytes)
        self.requests.append(request)
        self.answers.append(json.loads(request.data))
        return StubClient()


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> CloudFormation:
    return CloudFormation(monkeypatch)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_first_deploy_writes_the_secret(cloudformation: CloudFormation, kind: str) -> None:
    """The request's id makes a repeated call write the same version."""
    answer = cloudformation.call(kind)
    assert answer["Status"] == "SUCCESS"
    assert cloudformation.client.calls[-1] == (
        "put_secret_value",
        {
            "SecretId": "arn:secret",
            "SecretString": VALUE,
            "ClientRequestToken": "6f2c1d3e-0000-4000-8000-000000000000",
        },
    )


@pytest.mark.parametrize("value", [{"SecretString": "rotated"}, {"SecretBinary": b"by hand"}])
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_later_deploy_does_not_overwrite_the_secret(
    cloudformation: CloudFormation, kind: str, value: dict[str, Any]
) -> None:
    """Otherwise a deploy would undo a rotation."""
    cloudformation.client.answers["get_secret_value"] = value
    assert cloudformation.call(kind)["Status"] == "SUCCESS"
    assert "put_secret_value" not in cloudformation.client.operations


def test_delete_calls_nothing(cloudformation: CloudFormation) -> None:
    """CloudFormation deletes or retains the secret itself."""
    assert cloudformation.call("Delete")["Status"] == "SUCCESS"
    assert cloudformation.client.calls == []


FAILURES: dict[str, dict[str, Any]] = {
    "read refused": {"get_secret_value": aws_error("AccessDeniedException")},
    "write refused": {
        "get_secret_value": NO_VALUE,
        "put_secret_value": aws_error("AccessDeniedException"),
    },
    "something unexpected": {"get_secret_value": ZeroDivisionError(VALUE)},
}


@pytest.mark.parametrize("answers", FAILURES.values(), ids=FAILURES)
def test_failure_is_answered_without_the_secret(
    cloudformation: CloudFormation, answers: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an answer CloudFormation would wait until the time-out."""
    cloudformation.client.answers = answers
    answer = cloudformation.call()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"]
    written = capsys.readouterr()
    assert VALUE not in json.dumps(answer) + written.out + written.err


def test_event_without_properties_is_answered_as_failed(cloudformation: CloudFormation) -> None:
    """An answer goes out even then."""
    assert cloudformation.call(ResourceProperties={})["Status"] == "FAILED"


def test_answer_names_the_request_and_hides_the_secret(
    cloudformation: CloudFormation, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [cloudformation.call("Create"), cloudformation.call("Delete")]
    assert {answer["PhysicalResourceId"] for answer in answers} == {"api-secret-value"}
    assert answers[0]["RequestId"] == "6f2c1d3e-0000-4000-8000-000000000000"
    assert answers[0]["NoEcho"] is True
    [request, _] = cloudformation.requests
    assert (request.get_method(), request.get_header("Content-type")) == ("PUT", "")
    written = capsys.readouterr()
    assert VALUE not in json.dumps(answers) + written.out + written.err
