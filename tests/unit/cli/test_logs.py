"""`hooks logs` and `hooks refused`, on a CloudWatch of fakes."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from cli.reading import logs as reading
from cli.stack import find
from tests.support import cli_docs, stack
from tests.support.cli_docs import documented
from tests.support.program import Hooks

MILLISECONDS = 1773326400000
_RESOURCES = {
    "hooks": {"HandlerLogGroup": "AWS::Logs::LogGroup", "ProcessorLogGroup": "AWS::Logs::LogGroup",
              "Deliveries": "AWS::CloudFormation::Stack", "EventsTable": "AWS::DynamoDB::Table"},
    "physical-Deliveries": {"LogGroup": "AWS::Logs::LogGroup"},
}  # fmt: skip


class Missing(Exception):
    """CloudWatch has no such group."""


class Cloudwatch:
    """The log groups of a stack; each line is written a second after the one before."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}
        self.asked: list[dict[str, Any]] = []
        self.exceptions = SimpleNamespace(ResourceNotFoundException=Missing)

    def write(self, logical_id: str, **fields: Any) -> None:
        self.lines.setdefault(f"physical-{logical_id}", []).append(json.dumps(fields))

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=getattr(self, operation))

    def list_stack_resources(self, **asked: str) -> Any:
        every = [
            {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": f"physical-{name}"}
            for name, kind in _RESOURCES[asked["StackName"]].items()
        ]  # fmt: skip
        return [{"StackResourceSummaries": every[:1]}, {"StackResourceSummaries": every[1:]}]

    def filter_log_events(self, **asked: Any) -> Any:
        self.asked.append(asked)
        if asked["logGroupName"] not in self.lines:
            raise Missing
        word = asked.get("filterPattern", "").strip('"')
        for second, line in enumerate(self.lines[asked["logGroupName"]]):
            if word in line:
                yield {"events": [{"timestamp": MILLISECONDS + 1000 * second, "message": line}]}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch, local: dict[str, Any]) -> Cloudwatch:
    made = Cloudwatch()
    monkeypatch.setattr("cli.stack.Stack.client", lambda *_: made)
    return made


def test_refusals_are_counted_by_reason(cloudwatch: Cloudwatch, hooks: Hooks) -> None:
    for reason in ("signature-missing", "signature-mismatch", "signature-mismatch"):
        cloudwatch.write("HandlerLogGroup", message="refused", reason=reason, Refused=[1.0])
    cloudwatch.write("HandlerLogGroup", message="unavailable", reason="url-not-registered")
    cloudwatch.write("HandlerLogGroup", message="accepted", event_key="refused:unavailable")
    rows = hooks("refused", "--json").json
    assert {one["reason"]: (one["count"], one["answer"]) for one in rows} == {
        "signature-mismatch": (2, "4xx"),
        "signature-missing": (1, "4xx"),
        "url-not-registered": (1, "503"),
    }
    assert rows[0]["first_at"] < rows[0]["last_at"]
    assert set(rows[0]) == set(documented("hooks refused --json"))
    shown = hooks("refused").out
    assert "Compare the secret at JustCall" in shown
    assert "hooks verify" in shown
    assert {one["logGroupName"] for one in cloudwatch.asked} == {"physical-HandlerLogGroup"}


def test_no_refusal_is_a_sentence(cloudwatch: Cloudwatch, hooks: Hooks) -> None:
    assert hooks("refused").out == "No request was refused.\n"
    assert hooks("refused", "--json").json == []


def test_the_lines_of_an_event_come_from_every_function(
    cloudwatch: Cloudwatch, hooks: Hooks
) -> None:
    key = "sms.sent:1"
    cloudwatch.write(
        "ProcessorLogGroup", message="processed", event_key=key, level="INFO", attempts=1
    )
    cloudwatch.write("ProcessorLogGroup", message="processed", event_key=f"{key}2", level="INFO")
    cloudwatch.write("HandlerLogGroup", message="accepted", event_key=key, level="INFO")
    cloudwatch.write("LogGroup", message="delivered", event_key=key, level="INFO", reason="x")
    lines = hooks("logs", key, "--json").json
    assert sorted((one["function"], one["message"]) for one in lines) == [
        ("deliveries", "delivered"), ("handler", "accepted"), ("processor", "processed")]  # fmt: skip
    assert set(lines[0]) == set(documented("hooks logs --json"))
    assert {"attempts": 1} in [one["fields"] for one in lines]
    assert "attempts=1" in hooks("logs", key).out


def test_a_function_or_a_kind_is_chosen(cloudwatch: Cloudwatch, hooks: Hooks) -> None:
    cloudwatch.lines["physical-ProcessorLogGroup"] = [
        "START RequestId: 1",
        "Traceback: no JSON",
        "[1]",
    ]
    cloudwatch.write("ProcessorLogGroup", _aws={}, Processed=[1])
    cloudwatch.write("ProcessorLogGroup", message="processed", event_key="sms.sent:1", level="INFO")
    cloudwatch.write(
        "ProcessorLogGroup", message="failed", event_key="call.missed:1", level="ERROR"
    )
    cloudwatch.write("HandlerLogGroup", message="accepted", event_key="sms.sent:1", level="INFO")

    def said(*arguments: str) -> list[str]:
        return [one["message"] for one in hooks("logs", *arguments, "--json").json]

    assert said("processor") == ["Traceback: no JSON", "[1]", "processed", "failed"]
    assert said("processor", "--limit", "1") == ["failed"]
    assert said("processor", "--errors") == ["Traceback: no JSON", "[1]", "failed"]
    assert said("sms_sent") == ["processed"]
    assert said("call.missed", "--errors") == ["failed"]
    assert len(said()) == 5
    ran = hooks("logs", "kitchen")
    assert (ran.code, "deliveries, handler, processor" in ran.message) == (2, True)


def test_a_cut_log_says_so(
    cloudwatch: Cloudwatch, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_LINES", 2)
    for _ in range(3):
        cloudwatch.write("HandlerLogGroup", message="refused", reason="signature-missing")
    assert "more lines of handler" in hooks("logs", "handler").err
    ran = hooks("refused", "--json")
    assert (ran.json[0]["count"], "more refusals" in ran.err) == (2, True)


def test_every_log_group_of_the_templates_has_its_documented_name(
    cloudwatch: Cloudwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = {"hooks": stack.template()["Resources"]}
    nested = {"Bus": "bus", "Deliveries": "deliveries", "NoticesStack": "notices", "RecordingsStack": "recordings"}  # fmt: skip
    resources |= {
        f"physical-{name}": stack.nested(file)["Resources"] for name, file in nested.items()
    }
    kinds = {
        name: {one: found["Type"] for one, found in own.items()} for name, own in resources.items()
    }
    monkeypatch.setitem(_RESOURCES, "hooks", kinds.pop("hooks"))
    for name, own in kinds.items():
        monkeypatch.setitem(_RESOURCES, name, own)
    groups = reading.groups(find(None, None, None))
    text = cli_docs.TEXT.partition("a function (")[2].partition(")")[0]
    assert set(groups) == set(re.findall(r"`(\w+)`", text))
