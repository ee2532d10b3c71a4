"""Failures in plain words: every reason has a sentence, and a retry is not a first try."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from cli import reasons
from ledger.events import DIED
from tests.support.cli_docs import documented
from tests.support.ledger_rows import BODY, QUEUES
from tests.support.program import Deployment, Hooks

SRC = Path(errors.__file__).parent


def classes(one: type[errors.HooksError] = errors.HooksError) -> Iterator[type[errors.HooksError]]:
    yield one
    for below in one.__subclasses__():
        yield from classes(below)


def raised() -> set[str]:
    """Return the reasons that the code gives to errors, beside their default ones."""
    names = {one.__name__ for one in classes()}
    found = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:  # fmt: skip
                found |= {str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant)}
    return found


def test_every_reason_has_a_sentence() -> None:
    known = {one.default_reason for one in classes()} | raised() | {"secret-empty"}
    assert len(known) > 40
    assert known <= reasons.SENTENCES.keys()


def test_a_sentence_is_short_and_ends_without_a_dot() -> None:
    for slug, text in reasons.SENTENCES.items():
        assert len(text) <= 90, slug
        assert not text.endswith("."), slug


@pytest.mark.parametrize(
    ("error", "text", "place"),
    [
        ("unexpected: KeyError at sms_sent.py:9", "KeyError at sms_sent.py:9", "sms_sent.py:9"),
        ("unexpected: KeyError", "(KeyError).", None),
        ("ledger-unavailable", "DynamoDB refused or did not answer.", None),
        (DIED, "memory or time-out.", None),
        ("no such slug: x", "no such slug: x", None),
        ("odd", "odd", None),
    ],
)
def test_an_error_is_explained(error: str, text: str, place: str | None) -> None:
    explained = reasons.explain(error)
    assert text in explained.text
    assert explained.place == place


def test_a_retrying_event_is_not_a_received_one(deployed: Deployment, hooks: Hooks) -> None:
    deployed.rows.put("sms.sent:new")
    key = deployed.rows.put("sms.sent:again", error="unexpected: KeyError at a.py:1", attempts=2)
    listed = hooks("events", "--json", "--status", "retrying").json
    assert [(one["key"], one["status"], one["state"]) for one in listed] == [(key, "received", "retrying")]  # fmt: skip
    assert listed[0]["place"] == "a.py:1"
    assert len(hooks("events", "--json", "--status", "received").json) == 2
    assert "retrying" in hooks("events").out


def test_show_says_how_often_and_when_next(deployed: Deployment, hooks: Hooks) -> None:
    deployed.sqs.set_queue_attributes(
        QueueUrl=f"{QUEUES}events-sms_sent",
        Attributes={
            "VisibilityTimeout": "180",
            "RedrivePolicy": json.dumps(
                {"maxReceiveCount": 5, "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:hooks-dead-letters"}
            ),
        },
    )  # fmt: skip
    key = deployed.rows.put(
        "sms.sent:1", error="ledger-unavailable", attempts=2, failed_at="2026-03-12T14:30:00.000Z"
    )
    event = hooks("show", key, "--json").json
    assert (event["max_attempts"], event["next_try_at"]) == (5, "2026-03-12T14:33:00.000Z")
    shown = hooks("show", key).out
    assert re.search(r"^status +retrying$", shown, re.MULTILINE)
    assert re.search(r"^attempts +2 of 5$", shown, re.MULTILINE)
    assert {"max_attempts", "next_try_at"} <= set(documented("hooks show --json"))
    given_up = deployed.rows.put("sms.sent:2", "failed", error="ledger-unavailable", attempts=5)
    assert hooks("show", given_up, "--json").json["next_try_at"] is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"no json", "The body is not JSON."),
        (b"\xff", "The body is not UTF-8."),
        (b'{"event": "x", "data": []}', "The body has no data, and is no probe."),
        (BODY, "Today's code can read it. Replay it."),
    ],
)  # fmt: skip
def test_a_quarantine_has_its_reason(
    deployed: Deployment, hooks: Hooks, body: bytes, why: str
) -> None:
    key = deployed.rows.put("quarantined:sha256-1", "quarantined", body=body)
    assert hooks("events", "--json").json[0]["why"] == why
    assert hooks("show", key, "--json").json["why"] == why


def test_other_statuses_say_why(deployed: Deployment, hooks: Hooks) -> None:
    deployed.rows.put("stuck.sent:1", "unhandled")
    deployed.rows.put("sms.sent:2", "stuck")
    deployed.rows.put("sms.sent:3")
    deployed.rows.put("quarantined:sha256-4", "quarantined", replayed_as="sms.sent:5")
    deployed.rows.put("sms.sent:6", "unhandled")
    why = {one["key"]: one["why"] for one in hooks("events", "--json").json}
    assert why == {
        "stuck.sent:1": "No processor for stuck.sent.",
        "sms.sent:2": "It was sent to its queue eight times, and no processor finished it.",
        "sms.sent:3": None,
        "quarantined:sha256-4": "It was replayed as sms.sent:5.",
        "sms.sent:6": "Its type has a processor now. Replay it.",
    }
