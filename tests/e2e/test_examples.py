"""examples/slack, deployed beside the stack as its README says: from a missed call to Slack."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from justcall.moments import iso
from justcall.signature import sign
from local.place import ROOT, environment, tool
from tests.e2e.conftest import Stack
from tests.e2e.test_path import fresh
from tests.e2e.test_rights import _denied, _with_role
from tests.support.polling import until
from tests.support.samples import SECRET
from tests.support.stranger import Stranger, answers

NAME = "justcall-slack"
CALLER = "+14155558765"


class Example(NamedTuple):
    """The deployed example, and the server that stands for Slack."""

    slack: Stranger
    outputs: dict[str, str]

    def texts(self, call: str) -> list[str]:
        """Return the messages of one call; each test's calls are of a caller with another name."""
        found = [json.loads(one.body)["text"] for one in list(self.slack.heard)]
        return [text for text in found if call in text]


@pytest.fixture(scope="module")
def example(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    slack = Stranger(answers(200, body=b"ok"))
    secrets = stack.client("secretsmanager")
    arn = secrets.create_secret(Name="slack-webhook", SecretString=f"{slack.url}\n")["ARN"]
    deploy(
        stack,
        tmp_path_factory.mktemp("slack") / "build",
        EventBusName=stack.described["event_bus"],
        SlackSecretArn=arn,
    )
    cloudformation = stack.client("cloudformation")
    [described] = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    yield Example(slack, {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]})
    cloudformation.delete_stack(StackName=NAME)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    slack.close()


def deploy(stack: Stack, built: Path, **parameters: str) -> None:
    """Run the two commands of the README."""
    folder, template = ROOT / "examples" / "slack", str(built / "template.yaml")
    values = [f"{name}={value}" for name, value in parameters.items()]
    building = ["build", "--build-dir", str(built)]
    deploying = ["deploy", "--template-file", template, "--stack-name", NAME, "--resolve-s3"]
    deploying += ["--capabilities", "CAPABILITY_IAM"]
    for arguments in (building, [*deploying, "--parameter-overrides", *values]):
        run = subprocess.run(
            [str(tool("sam", "sam")), *arguments],
            cwd=folder,
            env=environment(stack.process.root_key, stack.process.endpoint_url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr


def miss(stack: Stack, caller: str, kind: str = "call.missed", **data: Any) -> str:
    """Let a call be missed now; return the event's key."""
    key, content = fresh(kind, contact_name=caller, **data)
    body = json.dumps(json.loads(content) | {"timestamp": iso(time.time())}).encode()
    assert stack.post(body, sign(body, SECRET)).status == 200
    return key


def test_missed_call_arrives_once(stack: Stack, example: Example) -> None:
    """A later call of another kind passes through the same rule, queue and function."""
    miss(stack, "Ann <b>")
    until(lambda: bool(example.texts("Ann")), "the message of the missed call")
    [text] = example.texts("Ann")
    people = f"*Missed call* from {CALLER} (Ann &lt;b&gt;) to +14155551234"
    assert re.fullmatch(re.escape(people) + r", <!date\^\d+\^.*\|.* UTC>", text)
    miss(stack, "Bob", "voicemail.received")
    until(lambda: bool(example.texts("Bob")), "the message of the voicemail")
    until(lambda: messages(stack, example.outputs["QueueUrl"]) == 0, "the queue to be empty")
    assert len(example.texts("Ann")) == len(example.texts("Bob")) == 1


def test_refused_message_arrives_later(stack: Stack, example: Example) -> None:
    """Three minutes, which the template lets pass before the next attempt, are too long here."""
    stack.client("sqs").set_queue_attributes(
        QueueUrl=example.outputs["QueueUrl"], Attributes={"VisibilityTimeout": "2"}
    )
    example.slack.say = answers(500)
    miss(stack, "Cleo")
    until(lambda: bool(example.texts("Cleo")), "the first attempt")
    example.slack.say = answers(200)
    until(lambda: len(example.texts("Cleo")) >= 2, "the next attempt")
    until(lambda: messages(stack, example.outputs["QueueUrl"]) == 0, "the queue to be empty")


def test_other_events_do_not_arrive(stack: Stack, example: Example) -> None:
    example.slack.say = answers(200)
    for key in (miss(stack, "Dan", "sms.received"), miss(stack, "Dan", direction="outbound")):
        stack.wait_for(key, "processed")
    miss(stack, "Eve")
    until(lambda: bool(example.texts("Eve")), "the message of the last call")
    assert example.texts("Dan") == []


def test_function_has_no_other_rights(stack: Stack, example: Example) -> None:
    client = _with_role(stack, NAME, "Function")
    ours = stack.described["secret_arn"]
    assert _denied(client("secretsmanager").get_secret_value, SecretId=ours)
    table = stack.described["events_table"]
    assert _denied(client("dynamodb").scan, TableName=table)


def messages(stack: Stack, url: str) -> int:
    """Return how many messages a queue holds, invisible ones too."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in answer["Attributes"].values())
