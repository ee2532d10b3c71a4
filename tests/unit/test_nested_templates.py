"""templates/*.yaml: what holds in every nested stack."""

import importlib
import re
from typing import Any

import pytest

from tests.support import runbook, stack

ANY_FUNCTION = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# A reader of the table's stream may list all streams: AWS has no narrower resource for that.
ANY_RESOURCE = {
    "bus": ANY_FUNCTION | {"dynamodb:ListStreams"},
    "notices": ANY_FUNCTION | {"dynamodb:ListStreams"},
    "recordings": ANY_FUNCTION,
    "deliveries": ANY_FUNCTION,
}


def each(kind: str) -> list[tuple[str, str]]:
    """Return the resources of one type: their stack and their name."""
    return [(name, one) for name in stack.NESTED for one in stack.nested_resources(name, kind)]


def test_every_nested_stack_is_known_here() -> None:
    assert set(stack.NESTED) == set(ANY_RESOURCE)


# ------------------------------------------------------------ off


@pytest.mark.parametrize(
    ("switch", "output", "nested_output"),
    [
        ("Notices", "NoticeTopicArn", "NoticeTopicArn"),
        ("Recordings", "RecordingsBucket", "RecordingsBucketName"),
    ],
)
def test_off_means_none_of_its_resources(switch: str, output: str, nested_output: str) -> None:
    """Off is the default, and the nested stack is the one resource that the others are in."""
    assert stack.template()["Parameters"][switch]["Default"] == "off"
    bus, own, condition = stack.nested("bus"), f"{switch}Stack", f"Has{switch}"
    assert bus["Resources"][own]["Condition"] == condition
    assert bus["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": switch}, "off"]}]}
    word = switch[1:].removesuffix("s")
    assert [name for name, one in bus["Resources"].items() if word in repr((name, one))] == [own]
    assert bus["Outputs"][nested_output]["Condition"] == condition
    assert stack.template()["Outputs"][output]["Condition"] == condition


@pytest.mark.parametrize("switch", ["Notices", "Recordings"])
def test_switch_without_the_bus_is_refused(switch: str) -> None:
    [assertion] = stack.template()["Rules"][f"{switch}NeedTheBus"]["Assertions"]
    assert assertion["Assert"] == {
        "Fn::Or": [
            {"Fn::Equals": [{"Ref": switch}, "off"]},
            {"Fn::Equals": [{"Ref": "EventBus"}, "on"]},
        ]
    }


# ------------------------------------------------------------ functions, rights, alarms


@pytest.mark.parametrize(("nested", "name"), each("AWS::Lambda::Function"))
def test_function_has_the_settings_of_the_others(nested: str, name: str) -> None:
    function = stack.nested_properties(nested, name)
    others = stack.template()["Globals"]["Function"]
    assert function["Runtime"] == others["Runtime"]
    assert function["Architectures"] == others["Architectures"]
    assert function["TracingConfig"] == {"Mode": others["Tracing"]}
    module, _, attribute = function["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize(("nested", "role"), each("AWS::IAM::Role"))
def test_rights_name_their_resources(nested: str, role: str) -> None:
    for one in stack.nested_statements(nested, role):
        actions = stack.listed(one["Action"])
        assert one["Resource"] != "*" or set(actions) <= ANY_RESOURCE[nested], one
        assert all("*" not in action for action in actions)


@pytest.mark.parametrize(
    ("nested", "policy", "rule"),
    [
        ("notices", "NoticesQueuePolicy", "NoticesRule"),
        ("recordings", "QueuePolicy", "Rule"),
        ("deliveries", "QueuePolicy", "Rule"),
    ],
)
def test_only_the_rule_sends_to_the_queues(nested: str, policy: str, rule: str) -> None:
    document: dict[str, Any] = stack.nested_properties(nested, policy)["PolicyDocument"]
    [statement] = document["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}


@pytest.mark.parametrize(("nested", "alarm"), each("AWS::CloudWatch::Alarm"))
def test_alarm_has_a_section_in_the_runbook(nested: str, alarm: str) -> None:
    own = stack.nested_properties(nested, alarm)
    section = runbook.section_of(own["AlarmDescription"])
    assert f"`{alarm}`" in section
    assert re.search("- Look: (.|\n)*- Fix: ", section)
    assert own["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]
