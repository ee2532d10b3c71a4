"""templates/deliveries.yaml: what sender and timer get, may do and report; and nothing when off."""

import re
from functools import partial

import pytest

from aws import observability
from deliverer import app
from deliveries import places
from outbound.requests import Room
from tests.support import stack

ALARMS = stack.nested_resources("deliveries", "AWS::CloudWatch::Alarm")
FOURTEEN_DAYS = 14 * 86_400
properties = partial(stack.nested_properties, "deliveries")
statements = partial(stack.nested_statements, "deliveries")


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


@pytest.mark.parametrize("role", ["SenderRole", "TimerRole"])
def test_nobody_reads_events_or_changes_settings(role: str) -> None:
    for one in statements(role):
        actions = [name for name in stack.listed(one["Action"]) if name.startswith("dynamodb:")]
        if not actions or "index/by_status" in str(one["Resource"]):
            continue
        prefixes = stack.listed(one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        assert set(prefixes) <= {places.SETTINGS, places.STATES, places.partition("*")}
        if places.SETTINGS in prefixes:
            assert actions == ["dynamodb:Query"]


def test_timer_reads_no_body_and_no_secret() -> None:
    actions = {name for one in statements("TimerRole") for name in stack.listed(one["Action"])}
    assert not actions & {"dynamodb:GetItem", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage"}


def test_template_holds_no_secret() -> None:
    """The template would write it again; `{}` never changes."""
    assert properties("Secret")["SecretString"] == "{}"


# ------------------------------------------------------------ alarms


def test_alarms_use_metrics_of_the_code() -> None:
    own = [one["Properties"] for one in ALARMS.values()]
    ours = {one["MetricName"] for one in own if one["Namespace"] == "JustCallHooks"}
    assert ours == {observability.FAILING_DESTINATIONS, observability.DELIVERY_GIVEN_UP}
