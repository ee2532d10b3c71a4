"""templates/deliveries.yaml: what sender and timer get, may do and report; and nothing when off."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from aws import observability
from deliverer import app
from deliveries import places
from outbound.requests import Room
from tests.support import stack

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
ALARMS = stack.nested_resources("deliveries", "AWS::CloudWatch::Alarm")
FUNCTIONS = stack.nested_resources("deliveries", "AWS::Lambda::Function")
ROLES = stack.nested_resources("deliveries", "AWS::IAM::Role")
FOURTEEN_DAYS = 14 * 86_400


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.nested("deliveries")["Resources"][name]["Properties"]
    return found


def statements(role: str) -> list[dict[str, Any]]:
    [policy] = properties(role)["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


# ------------------------------------------------------------ off and on


def test_off_is_the_default_and_means_nothing() -> None:
    template = stack.template()
    assert template["Parameters"]["HttpDeliveries"]["Default"] == "off"
    assert template["Resources"]["Deliveries"]["Condition"] == "HasDeliveries"
    assert stack.resolve(template["Conditions"]["HasDeliveries"]) is False
    outputs = [one for one in template["Outputs"].values() if "'Deliveries'" in repr(one["Value"])]
    assert len(outputs) == 2
    assert all(one["Condition"] == "HasDeliveries" for one in outputs)


@pytest.mark.parametrize(
    ("deliveries", "bus", "has"),
    [("on", "on", True), ("local", "on", True), ("on", "off", False), ("off", "on", False)],
)
def test_deliveries_need_the_bus(
    deliveries: str, bus: str, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = stack.template()
    monkeypatch.setitem(template["Parameters"]["HttpDeliveries"], "Default", deliveries)
    monkeypatch.setitem(template["Parameters"]["EventBus"], "Default", bus)
    assert stack.resolve(template["Conditions"]["HasDeliveries"]) is has


@pytest.mark.parametrize(("value", "http"), [("on", "no"), ("local", "yes")])
def test_only_the_local_stack_may_post_to_itself(
    value: str, http: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stack.template()["Parameters"]["HttpDeliveries"], "Default", value)
    assert stack.properties("Deliveries")["Parameters"]["HttpToLoopback"] == http


def test_every_parameter_is_passed() -> None:
    passed = set(stack.properties("Deliveries")["Parameters"])
    assert passed == set(stack.nested("deliveries")["Parameters"])


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("", True),
        ("10.0.0.0/8", True),
        ("10.0.0.0/8, fd12::/16", True),
        ("*", False),
        ("10.0.0.0/8;", False),
    ],
)
def test_networks_are_checked(value: str, allowed: bool) -> None:
    pattern = stack.template()["Parameters"]["DeliveryNetworks"]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) is allowed


# ------------------------------------------------------------ functions and queues


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_the_settings_of_the_others(name: str) -> None:
    function, others = properties(name), stack.template()["Globals"]["Function"]
    assert function["Runtime"] == others["Runtime"]
    assert function["Architectures"] == others["Architectures"]
    assert function["TracingConfig"] == {"Mode": others["Tracing"]}
    module, _, attribute = function["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_sender_has_time_for_a_batch() -> None:
    sender, source = properties("SenderFunction"), properties("SenderSource")
    assert source["BatchSize"] == app.AT_ONCE
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert sender["Timeout"] >= 3 * Room().seconds
    assert properties("Queue")["VisibilityTimeout"] >= 6 * sender["Timeout"]


def test_sender_cannot_take_the_accounts_concurrency() -> None:
    limits = properties("SenderSource")["ScalingConfig"]["MaximumConcurrency"]
    assert limits == {"Fn::If": ["IsLocal", 4, 10]}


def test_rule_takes_every_event_and_loses_none() -> None:
    rule = properties("Rule")
    assert rule["EventPattern"] == {"source": ["justcall-hooks"]}
    [target] = rule["Targets"]
    assert target["InputPath"] == "$.detail"
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86_400
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}


def test_dead_letters_outlive_the_queue() -> None:
    assert properties("DeadLetterQueue")["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert properties("Queue")["MessageRetentionPeriod"] < FOURTEEN_DAYS
    assert "FifoQueue" not in properties("Queue"), "a fair queue is a standard queue"


# ------------------------------------------------------------ rights


@pytest.mark.parametrize("role", ROLES)
def test_rights_name_their_resources(role: str) -> None:
    any_resource = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    for one in statements(role):
        assert one["Resource"] != "*" or set(listed(one["Action"])) <= any_resource, one


@pytest.mark.parametrize("role", ["SenderRole", "TimerRole"])
def test_nobody_reads_events_or_changes_settings(role: str) -> None:
    for one in statements(role):
        actions = [name for name in listed(one["Action"]) if name.startswith("dynamodb:")]
        if not actions or "index/by_status" in str(one["Resource"]):
            continue
        prefixes = listed(one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        assert set(prefixes) <= {places.SETTINGS, places.STATES, places.partition("*")}
        if places.SETTINGS in prefixes:
            assert actions == ["dynamodb:Query"]


def test_timer_reads_no_body_and_no_secret() -> None:
    actions = {name for one in statements("TimerRole") for name in listed(one["Action"])}
    assert not actions & {"dynamodb:GetItem", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage"}


def test_only_the_rule_sends_to_the_queues() -> None:
    [statement] = properties("QueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}
    }


def test_template_holds_no_secret() -> None:
    """The template would write it again; `{}` never changes."""
    assert properties("Secret")["SecretString"] == "{}"


# ------------------------------------------------------------ alarms


@pytest.mark.parametrize("alarm", ALARMS)
def test_alarm_has_a_section_in_the_runbook(alarm: str) -> None:
    anchor = properties(alarm)["AlarmDescription"].partition("docs/runbook.md#")[2]
    section = RUNBOOK.partition(f"\n## {anchor}\n")[2].partition("\n## ")[0]
    assert f"`{alarm}`" in section
    assert re.search("- Look: (.|\n)*- Fix: ", section)
    assert properties(alarm)["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]


def test_alarms_use_metrics_of_the_code() -> None:
    own = [one["Properties"] for one in ALARMS.values()]
    ours = {one["MetricName"] for one in own if one["Namespace"] == "JustCallHooks"}
    assert ours == {observability.FAILING_DESTINATIONS, observability.DELIVERY_GIVEN_UP}
