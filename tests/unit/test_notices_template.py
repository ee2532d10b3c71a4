"""templates/notices.yaml: a private topic, least rights, and nothing of it when off."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from justcall import missed
from ledger import schema
from notices import event
from tests.support import stack
from tests.support.people import is_failure, is_notifiable
from tests.unit.test_bus_template import change

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
NOTICES = stack.nested("notices")
DAY_SECONDS = 86_400


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = NOTICES["Resources"][name]["Properties"]
    return found


def test_off_means_none_of_its_resources() -> None:
    """Off is the default, and the nested stack is the one resource that the others are in."""
    assert stack.template()["Parameters"]["Notices"]["Default"] == "off"
    bus = stack.nested("bus")
    assert bus["Resources"]["NoticesStack"]["Condition"] == "HasNotices"
    assert bus["Conditions"]["HasNotices"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "Notices"}, "off"]}]
    }
    named = [name for name, one in bus["Resources"].items() if "otice" in repr((name, one))]
    assert named == ["NoticesStack"]
    assert bus["Outputs"]["NoticeTopicArn"]["Condition"] == "HasNotices"


def test_notices_without_the_bus_are_refused() -> None:
    [assertion] = stack.template()["Rules"]["NoticesNeedTheBus"]["Assertions"]
    assert assertion["Assert"] == {
        "Fn::Or": [
            {"Fn::Equals": [{"Ref": "Notices"}, "off"]},
            {"Fn::Equals": [{"Ref": "EventBus"}, "on"]},
        ]
    }


def test_content_is_off_by_default() -> None:
    assert stack.template()["Parameters"]["NoticeContent"]["Default"] == "off"


def test_every_parameter_is_passed() -> None:
    passed = stack.nested("bus")["Resources"]["NoticesStack"]["Properties"]["Parameters"]
    assert set(passed) == set(NOTICES["Parameters"])


def test_only_the_digest_is_hourly() -> None:
    conditions = {name: one.get("Condition") for name, one in NOTICES["Resources"].items()}
    hourly = {name for name, condition in conditions.items() if condition}
    assert hourly == {
        "DigestFunction", "DigestRole", "DigestSchedule", "DigestScheduleRole", "DigestFailsAlarm",
    }  # fmt: skip
    assert {conditions[name] for name in hourly} == {"IsHourly"}


@pytest.mark.parametrize("name", ["NotifierFunction", "DigestFunction"])
def test_function_has_the_settings_of_the_others(name: str) -> None:
    function, others = properties(name), stack.template()["Globals"]["Function"]
    assert function["Runtime"] == others["Runtime"]
    assert function["Architectures"] == others["Architectures"]
    assert function["TracingConfig"] == {"Mode": others["Tracing"]}
    module, _, attribute = function["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))
    assert function["Environment"] == properties("NotifierFunction")["Environment"]


# ------------------------------------------------------------ events


def test_rule_takes_the_kinds_of_notices() -> None:
    _, hourly, instant = properties("NoticesRule")["EventPattern"]["detail-type"]["Fn::If"]
    assert set(instant) == set(event.WORDS)
    assert set(hourly) == missed.KINDS


def entry(kind: str, direction: str) -> dict[str, Any]:
    detail = {"data": {"event": {"kind": kind, "direction": direction}}}
    return {"Source": "justcall-hooks", "DetailType": kind, "Detail": detail}


@pytest.mark.parametrize("kind", event.WORDS)
def test_rule_takes_what_came_in(kind: str) -> None:
    assert is_notifiable(entry(kind, "inbound"), "instant")
    assert not is_notifiable(entry(kind, "outbound"), "instant")


@pytest.mark.parametrize("status", ["failed", "stuck"])
def test_filter_takes_what_failed(status: str) -> None:
    assert is_failure(change("received", status))


@pytest.mark.parametrize(
    "record",
    [
        change("failed", "failed"),
        change("failed", "received"),
        change("received", "processed"),
        change("received", "failed", sk="conflict#1"),
        change("received", "failed") | {"eventName": "REMOVE"},
    ],
    ids=["duplicate", "replay", "success", "evidence", "expiry"],
)
def test_filter_takes_nothing_else(record: dict[str, Any]) -> None:
    assert not is_failure(record)


def test_nothing_is_given_up_quietly() -> None:
    unsent = {"Fn::GetAtt": ["UnsentNoticesQueue", "Arn"]}
    source = properties("FailuresSource")
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == unsent
    assert source["MaximumRecordAgeInSeconds"] == DAY_SECONDS
    assert properties("NoticesQueue")["RedrivePolicy"]["deadLetterTargetArn"] == unsent
    assert properties("UnsentNoticesQueue")["MessageRetentionPeriod"] == 14 * DAY_SECONDS
    timeout = properties("NotifierFunction")["Timeout"]
    assert properties("NoticesQueue")["VisibilityTimeout"] >= 6 * timeout


# ------------------------------------------------------------ rights and alarms


def statements(role: str) -> list[dict[str, Any]]:
    [policy] = properties(role)["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def test_topic_is_not_public() -> None:
    """The account as principal leaves it to IAM who may publish and subscribe."""
    [statement] = properties("NoticeTopicPolicy")["PolicyDocument"]["Statement"]
    account = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
    assert statement["Principal"] == {"AWS": {"Fn::Sub": account}}
    assert properties("NoticeTopic")["KmsMasterKeyId"] == "alias/aws/sns"


def test_only_the_rule_fills_the_queue() -> None:
    [statement] = properties("NoticesQueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["NoticesRule", "Arn"]}}
    }


ROLES = ("NotifierRole", "DigestRole", "DigestScheduleRole")


@pytest.mark.parametrize("role", ["NotifierRole", "DigestRole"])
def test_events_are_never_written(role: str) -> None:
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    for one in statements(role):
        if writes & set(_list(one["Action"])):
            keys = {"dynamodb:LeadingKeys": schema.notice_partition("*")}
            assert one["Condition"] == {"ForAllValues:StringLike": keys}
    actions = {action for one in statements(role) for action in _list(one["Action"])}
    assert not actions & {"dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchWriteItem"}


def test_notifier_reads_no_event() -> None:
    actions = {action for one in statements("NotifierRole") for action in _list(one["Action"])}
    assert not actions & {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem"}


@pytest.mark.parametrize("role", ROLES)
def test_rights_name_their_resources(role: str) -> None:
    any_resource = {"dynamodb:ListStreams", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    for one in statements(role):
        assert one["Resource"] != "*" or set(_list(one["Action"])) <= any_resource, one
        assert all("*" not in action for action in _list(one["Action"]))


@pytest.mark.parametrize("alarm", stack.nested_resources("notices", "AWS::CloudWatch::Alarm"))
def test_alarm_has_a_section_in_the_runbook(alarm: str) -> None:
    anchor = properties(alarm)["AlarmDescription"].partition("docs/runbook.md#")[2]
    section = RUNBOOK.partition(f"\n## {anchor}\n")[2].partition("\n## ")[0]
    assert f"`{alarm}`" in section
    assert re.search("- Look: (.|\n)*- Fix: ", section)
    assert properties(alarm)["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]


def _list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
