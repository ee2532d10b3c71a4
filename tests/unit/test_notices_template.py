"""templates/notices.yaml: a private topic, least rights, and nothing of it when off."""

from functools import partial
from typing import Any

import pytest

from justcall import missed
from ledger import schema
from notices import event
from tests.support import stack
from tests.support.people import is_failure, is_notifiable
from tests.support.stream import change

NOTICES = stack.nested("notices")
DAY_SECONDS = 86_400
properties = partial(stack.nested_properties, "notices")
statements = partial(stack.nested_statements, "notices")


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


def test_both_functions_have_one_environment() -> None:
    environments = [
        properties(name)["Environment"] for name in ("NotifierFunction", "DigestFunction")
    ]
    assert environments[0] == environments[1]


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


# ------------------------------------------------------------ rights


def test_topic_is_not_public() -> None:
    """The account as principal leaves it to IAM who may publish and subscribe."""
    [statement] = properties("NoticeTopicPolicy")["PolicyDocument"]["Statement"]
    account = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
    assert statement["Principal"] == {"AWS": {"Fn::Sub": account}}
    assert properties("NoticeTopic")["KmsMasterKeyId"] == "alias/aws/sns"


@pytest.mark.parametrize("role", ["NotifierRole", "DigestRole"])
def test_events_are_never_written(role: str) -> None:
    writes = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    for one in statements(role):
        if writes & set(stack.listed(one["Action"])):
            keys = {"dynamodb:LeadingKeys": schema.notice_partition("*")}
            assert one["Condition"] == {"ForAllValues:StringLike": keys}
    actions = {action for one in statements(role) for action in stack.listed(one["Action"])}
    assert not actions & {"dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchWriteItem"}


def test_notifier_reads_no_event() -> None:
    actions = {
        action for one in statements("NotifierRole") for action in stack.listed(one["Action"])
    }
    assert not actions & {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem"}
