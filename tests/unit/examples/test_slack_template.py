"""examples/slack/template.yaml: what its rule takes, its limits, and its rights."""

from typing import Any

import pytest
import yaml

from examples.slack.function import app
from local.place import ROOT
from tests.support import stack
from tests.support.stream import matches

TEMPLATE = stack.load(ROOT / "examples" / "slack" / "template.yaml")
# The client's two attempts at the secret, with a second between them.
SECRET_SECONDS = 2 * (2 + 2) + 1


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = TEMPLATE["Resources"][name]["Properties"]
    return found


@pytest.mark.parametrize("kind", [*app.TITLES, "call.completed", "sms.received"])
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_rule_takes_inbound_events_of_two_kinds(kind: str, direction: str) -> None:
    detail = {"data": {"event": {"kind": kind, "direction": direction}}}
    event = {"source": "justcall-hooks", "detail-type": kind, "detail": detail}
    wanted = kind in app.TITLES and direction == "inbound"
    assert matches(properties("Rule")["EventPattern"], event) == wanted


def test_rule_is_the_one_of_the_recipe() -> None:
    """docs/giving-out.md shows the same rule, shorter."""
    text = (ROOT / "docs" / "giving-out.md").read_text()
    shown = text.split("```yaml\n")[1].split("```")[0].replace("!GetAtt ", "")
    rule = yaml.safe_load(shown)["MissedCalls"]
    assert rule["Type"] == TEMPLATE["Resources"]["Rule"]["Type"]
    assert set(rule["Properties"]) == set(properties("Rule"))
    assert rule["Properties"]["EventPattern"]["source"] == [
        *properties("Rule")["EventPattern"]["source"]
    ]


def test_function_ends_before_its_messages_come_again() -> None:
    batch = properties("Function")["Events"]["Queue"]["Properties"]["BatchSize"]
    timeout = properties("Function")["Timeout"]
    assert batch * app.POST_SECONDS + SECRET_SECONDS < timeout
    assert properties("Queue")["VisibilityTimeout"] >= 6 * timeout


def test_message_is_given_up_after_an_hour_and_kept_for_two_weeks() -> None:
    queue = properties("Queue")
    redrive = queue["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert redrive["maxReceiveCount"] * queue["VisibilityTimeout"] == 3600
    assert properties("DeadLetterQueue")["MessageRetentionPeriod"] == 14 * 86_400


def test_only_the_rule_sends_to_the_queue() -> None:
    [statement] = properties("QueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}
    }


def test_function_has_the_right_to_one_secret() -> None:
    [policy] = properties("Function")["Policies"]
    [statement] = policy["Statement"]
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    assert statement["Resource"] == {"Ref": "SlackSecretArn"}


def test_partial_batches_are_reported_and_posts_are_few() -> None:
    source = properties("Function")["Events"]["Queue"]["Properties"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_readme_names_every_parameter_and_output_that_it_uses() -> None:
    readme = (ROOT / "examples" / "slack" / "README.md").read_text()
    assert all(f"{name}=" in readme for name in TEMPLATE["Parameters"])
    assert "DeadLetterQueueArn" in TEMPLATE["Outputs"]
    assert {"EventBusName", "AlarmTopicArn"} <= set(stack.template()["Outputs"])
