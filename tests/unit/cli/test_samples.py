"""The bodies that `hooks send` posts."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli import options, samples
from cli.errors import UsageError
from cli.send import key_of
from justcall.catalogue import KINDS, module_name
from tests.support.samples import BY_KIND


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_two_spellings(kind: str) -> None:
    assert options.read_kind(kind) == options.read_kind(module_name(kind)) == kind


@pytest.mark.parametrize("text", ["", "call", "CALL.COMPLETED", "call.completed "])
def test_what_is_no_kind_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageError, match="no kind"):
        options.read_kind(text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_itself(kind: str) -> None:
    assert json.loads(samples.sample(kind)) == BY_KIND[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_one_is_a_new_event_of_now(kind: str) -> None:
    one, other = (samples.fresh(kind, []) for _ in range(2))
    assert len({key_of(one), key_of(other), key_of(samples.sample(kind))}) == 3
    document = json.loads(one)
    age = datetime.now(UTC) - datetime.fromisoformat(document["timestamp"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    changed = [
        name for name, value in document["data"].items() if value != BY_KIND[kind]["data"][name]
    ]
    assert len(changed) == 1
    assert document["data"].keys() == BY_KIND[kind]["data"].keys()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data.new=1", 1),
        ("data.new=null", None),
        ('data.new="1"', "1"),
        ("data.new=+14155559876", "+14155559876"),
        ("data.new=a=b", "a=b"),
        ("data.new=", ""),
        ('data.new={"a": []}', {"a": []}),
    ],
)
def test_a_value_is_json_or_else_text(setting: str, value: object) -> None:
    assert json.loads(samples.fresh("call.missed", [setting]))["data"]["new"] == value


def test_paths_make_what_is_missing() -> None:
    made = json.loads(samples.fresh("call.missed", ["data.a.b=1", "data.a.c=2", "event=x"]))
    assert (made["data"]["a"], made["event"]) == ({"b": 1, "c": 2}, "x")


@pytest.mark.parametrize("setting", ["", "data.a", "=1", "data.call_id.x=1", "timestamp.x=1"])
def test_what_is_no_setting_is_a_mistake(setting: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        samples.fresh("call.missed", [setting])
