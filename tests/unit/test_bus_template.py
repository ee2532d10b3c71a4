"""templates/bus.yaml: what the publisher gets, may do and reports; and nothing of it when off."""

from functools import partial
from typing import Any

import pytest

from ledger import schema
from tests.support import stack, stream

DAY_SECONDS = 86_400
properties = partial(stack.nested_properties, "bus")


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


@pytest.mark.parametrize("old", ["received", "failed", "stuck"])
def test_filter_takes_what_became_processed(old: str) -> None:
    assert stream.is_published(stream.change(old, "processed"))


@pytest.mark.parametrize(
    "record",
    [
        stream.change("processed", "processed"),
        stream.change("processed", "received"),
        stream.change("received", "failed"),
        stream.change("received", "processed", sk="conflict#1"),
        stream.change("received", "processed") | {"eventName": "REMOVE"},
        {"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": "events"}}, "NewImage": {}}},
    ],
    ids=["duplicate", "replay", "failure", "evidence", "expiry", "subject"],
)
def test_filter_takes_nothing_else(record: dict[str, Any]) -> None:
    assert not stream.is_published(record)


# ------------------------------------------------------------ rights


def test_publisher_writes_nothing_but_subjects() -> None:
    statements = stack.nested_statements("bus", "PublisherRole")
    writes = [one for one in statements if "dynamodb:UpdateItem" in one["Action"]]
    [write] = writes
    assert write["Action"] == "dynamodb:UpdateItem"
    prefix = schema.subject_partition("*")
    assert write["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": prefix}}
    actions = {name for one in statements for name in stack.listed(one["Action"])}
    assert not actions & {"dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
    [put] = [one for one in statements if one["Action"] == "events:PutEvents"]
    assert put["Resource"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
