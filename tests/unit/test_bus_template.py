"""templates/bus.yaml: what the publisher gets, may do and reports; and nothing of it when off."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from ledger import schema
from tests.support import stack, stream

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
ALARMS = stack.nested_resources("bus", "AWS::CloudWatch::Alarm")
DAY_SECONDS = 86_400


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.nested("bus")["Resources"][name]["Properties"]
    return found


def test_off_means_no_stack_and_no_stream() -> None:
    template = stack.template()
    assert template["Resources"]["Bus"]["Condition"] == "HasEventBus"
    table = template["Resources"]["EventsTable"]["Properties"]
    assert table["StreamSpecification"]["Fn::If"][0] == "HasEventBus"
    assert table["StreamSpecification"]["Fn::If"][2] == {"Ref": "AWS::NoValue"}
    named = {name for name, one in template["Outputs"].items() if "'Bus'" in repr(one["Value"])}
    assert named == {"EventBusName", "EventBusArn", "NoticeTopicArn", "RecordingsBucket"}
    conditions = {name: template["Outputs"][name]["Condition"] for name in named}
    assert conditions.pop("NoticeTopicArn") == "HasNotices"  # which needs HasEventBus
    assert conditions.pop("RecordingsBucket") == "HasRecordings"  # the same
    assert set(conditions.values()) == {"HasEventBus"}


def test_stream_goes_with_the_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stack.properties("EventsTable")["StreamSpecification"] == {
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    }
    monkeypatch.setitem(stack.template()["Parameters"]["EventBus"], "Default", "off")
    assert "StreamSpecification" not in stack.properties("EventsTable")


def test_every_parameter_is_passed() -> None:
    passed = set(stack.properties("Bus")["Parameters"])
    assert passed == set(stack.nested("bus")["Parameters"])


def test_function_has_the_settings_of_the_others() -> None:
    function, others = properties("PublisherFunction"), stack.template()["Globals"]["Function"]
    assert function["Runtime"] == others["Runtime"]
    assert function["Architectures"] == others["Architectures"]
    assert function["TracingConfig"] == {"Mode": others["Tracing"]}
    module, _, name = function["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_nothing_is_given_up_while_the_stream_holds_it() -> None:
    source = properties("PublisherSource")
    assert source["MaximumRecordAgeInSeconds"] == DAY_SECONDS
    assert source["BisectBatchOnFunctionError"] is True
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["UnpublishedQueue", "Arn"]
    }
    assert properties("UnpublishedQueue")["MessageRetentionPeriod"] == 14 * DAY_SECONDS


def change(old: str, new: str, sk: str = schema.LEDGER) -> dict[str, Any]:
    images = {"OldImage": {"status": {"S": old}}, "NewImage": {"status": {"S": new}}}
    keys = {"pk": {"S": "event#call.missed:1"}, "sk": {"S": sk}}
    return {"eventName": "MODIFY", "dynamodb": {"Keys": keys, **images}}


@pytest.mark.parametrize("old", ["received", "failed", "stuck"])
def test_filter_takes_what_became_processed(old: str) -> None:
    assert stream.is_published(change(old, "processed"))


@pytest.mark.parametrize(
    "record",
    [
        change("processed", "processed"),
        change("processed", "received"),
        change("received", "failed"),
        change("received", "processed", sk="conflict#1"),
        change("received", "processed") | {"eventName": "REMOVE"},
        {"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": "events"}}, "NewImage": {}}},
    ],
    ids=["duplicate", "replay", "failure", "evidence", "expiry", "subject"],
)
def test_filter_takes_nothing_else(record: dict[str, Any]) -> None:
    assert not stream.is_published(record)


# ------------------------------------------------------------ rights and alarms


def test_publisher_writes_nothing_but_subjects() -> None:
    [policy] = properties("PublisherRole")["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    writes = [one for one in statements if "dynamodb:UpdateItem" in one["Action"]]
    [write] = writes
    assert write["Action"] == "dynamodb:UpdateItem"
    prefix = schema.subject_partition("*")
    assert write["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": prefix}}
    actions = {name for one in statements for name in _list(one["Action"])}
    assert not actions & {"dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    [put] = [one for one in statements if one["Action"] == "events:PutEvents"]
    assert put["Resource"] == {"Fn::GetAtt": ["EventBus", "Arn"]}


def test_rights_name_their_resources() -> None:
    any_resource = {"dynamodb:ListStreams", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    [policy] = properties("PublisherRole")["Policies"]
    for one in policy["PolicyDocument"]["Statement"]:
        assert one["Resource"] != "*" or set(_list(one["Action"])) <= any_resource, one


@pytest.mark.parametrize("alarm", ALARMS)
def test_alarm_has_a_section_in_the_runbook(alarm: str) -> None:
    anchor = properties(alarm)["AlarmDescription"].partition("docs/runbook.md#")[2]
    section = RUNBOOK.partition(f"\n## {anchor}\n")[2].partition("\n## ")[0]
    assert f"`{alarm}`" in section
    assert re.search("- Look: (.|\n)*- Fix: ", section)
    assert properties(alarm)["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]


def _list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
