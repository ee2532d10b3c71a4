"""The program `hooks` against the deployed stack, as a user runs it."""

import json
import os
import subprocess
import uuid
from typing import Any

from justcall.event import FAILED
from ledger import schema
from ledger.bodies import unpack
from ledger.items import event_of
from local.place import ROOT
from messaging.message import encode, message_of
from tests.e2e.conftest import Stack

KIND = "sms.received"
EVENT_KEYS = [
    "key",
    "type",
    "dialect",
    "status",
    "received_at",
    "event_time",
    "deliveries",
    "attempts",
    "error",
    "state",
    "why",
    "place",
]


def hooks(stack: Stack, *arguments: str, code: int = 0) -> str:
    """Run the program and return what it printed; it must end with `code`."""
    run = subprocess.run(
        [str(ROOT / "hooks"), *arguments],
        env={**os.environ, "JUSTCALL_HOOKS_LOCAL": str(stack.place.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout if code == 0 else run.stderr


def documents(stack: Stack, *arguments: str) -> Any:
    """Run the program with --json and return its one document."""
    return json.loads(hooks(stack, *arguments, "--json"))


def test_what_is_sent_is_listed_shown_and_on_the_timeline(stack: Stack) -> None:
    """An event can be followed from `send` through `events` and `show` to `timeline`."""
    number = f"+1415{uuid.uuid4().int % 10_000_000:07d}"
    setting = f"data.from={json.dumps(number)}"
    [sent] = documents(stack, "send", "sms.received", "--set", setting)["sent"]
    assert sent["status"] == 200
    stack.wait_for(sent["key"], "processed")
    listed = documents(stack, "events", "--kind", "sms.received", "--since", "5m")
    [event] = [one for one in listed if one["key"] == sent["key"]]
    assert list(event) == EVENT_KEYS
    assert (event["status"], event["deliveries"], event["error"]) == ("processed", 1, None)
    shown = documents(stack, "show", sent["key"])
    assert shown["body"]["data"]["from"] == number
    [entry] = documents(stack, "timeline", number)
    assert entry["key"] == sent["key"]
    assert "Can I reschedule" in hooks(stack, "timeline", number)


def test_send_expects_the_right_answers(stack: Stack) -> None:
    """Forged and unsigned deliveries are expected to be refused; repeats are duplicates."""
    assert "401" in hooks(stack, "send", "call.missed", "--forge")
    assert "401" in hooks(stack, "send", "call.missed", "--unsigned")
    many = documents(stack, "send", "call_completed", "--count", "3", "--repeat", "2")["sent"]
    answers = sorted(json.loads(one["answer"])["status"] for one in many)
    assert answers == ["accepted"] * 3 + ["duplicate"] * 3
    hooks(stack, "send", "call.missed", "--secret", "a guess", code=1)


def test_a_conflict_is_shown_and_replayed(stack: Stack) -> None:
    """A url-signed event becomes evidence when the body-signed one comes, and can be acted on."""
    name = f"conflict_{uuid.uuid4().hex[:8]}"
    told = ("--url-signed", "--set", f"data.call_sid={name}", "--set", "data.agent_name=Invented")
    [first] = documents(stack, "send", "call.completed", *told)["sent"]
    stack.wait_for(first["key"], "processed")
    [second] = documents(stack, "send", "call.completed", "--set", f"data.call_id={name}")["sent"]
    assert (second["key"], "accepted" in second["answer"]) == (first["key"], True)
    stack.wait_for(first["key"], "processed")
    shown = documents(stack, "show", first["key"])
    [conflict] = shown["conflicts"]
    assert (shown["dialect"], conflict["dialect"]) == ("body-signed", "url-signed")
    assert conflict["body"]["data"]["agent_name"] == "Invented"
    act = ("--conflict", conflict["hash"][:12], "--reason", "a second look")
    [replayed] = documents(stack, "replay", first["key"], *act)["events"]
    stack.wait_for(replayed["replayed_as"], "processed")
    assert documents(stack, "show", replayed["replayed_as"])["dialect"] == "url-signed"


def test_a_failed_event_is_redriven_and_replayed(stack: Stack) -> None:
    """A dead letter goes back to its queue, and a failed event is replayed: each is acted on once."""
    number = f"+1415{uuid.uuid4().int % 10_000_000:07d}"
    setting = f"data.from={json.dumps(number)}"
    [sent] = documents(stack, "send", KIND, "--set", setting)["sent"]
    key = sent["key"]
    item = stack.wait_for(key, "processed")
    dead = stack.described["dead_letter_queue"]
    message = encode(message_of(event_of(item, unpack([item]) or b"")))
    stack.client("sqs").send_message(QueueUrl=dead, MessageBody=message)
    mark_failed(stack, key)

    [counted] = [one for one in documents(stack, "dlq")["kinds"] if one["kind"] == KIND]
    assert counted["dead_letters"] == 1
    [letter] = documents(stack, "dlq", "show", "--kind", KIND)
    assert (letter["key"], letter["status"]) == (key, "failed")
    moved = documents(stack, "dlq", "redrive", "--kind", KIND)
    assert (moved["moved"], moved["way"], moved["failure"]) == (1, "one by one", None)
    stack.wait_for(key, "processed")
    assert documents(stack, "dlq", "show", "--kind", KIND) == []

    mark_failed(stack, key)
    failed = ("replay", "--status", "failed", "--kind", KIND, "--since", "5m", "--reason", "mended")
    assert documents(stack, *failed, "--dry-run")["replayed"] == 1
    assert stack.ledger_item(key)["status"] == {"S": "failed"}
    [replayed] = documents(stack, *failed)["events"]
    assert (replayed["key"], replayed["outcome"], replayed["note"]) == (key, "replayed", None)
    stack.wait_for(key, "processed")

    hooks(stack, "replay", key, "--reason", "again", code=1)
    hooks(stack, "replay", key, "--reason", "again", "--force")
    stack.wait_for(key, "processed")
    replays = documents(stack, "show", key)["replays"]
    assert [(one["was"], one["reason"]) for one in replays] == [
        ("failed", "redriven"),
        ("failed", "mended"),
        ("processed", "again"),
    ]
    [entry] = documents(stack, "timeline", number)
    assert entry["key"] == key


def mark_failed(stack: Stack, key: str) -> None:
    """Let an event be one whose processor failed too often, which takes a quarter of an hour."""
    stack.client("dynamodb").update_item(
        TableName=stack.described["events_table"],
        Key={"pk": {"S": f"event#{key}"}, "sk": {"S": "ledger"}},
        UpdateExpression="SET #status = :failed, cell = :cell",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":failed": {"S": FAILED},
            ":cell": {"S": schema.cell(FAILED, key, "")},
        },
    )


def test_hints_name_the_program_as_it_was_called(stack: Stack) -> None:
    """What is printed can be pasted, and usage says the same name."""
    program = str(ROOT / "hooks")
    assert f"{program} show call.missed:" in hooks(stack, "send", "call.missed")
    assert f"{program} send" in hooks(stack, "send", "--help")


def test_mistakes_get_one_line_and_a_code(stack: Stack) -> None:
    """What the user can mend ends with 2, what is not there with 1, and nothing with a traceback."""
    mistakes = [
        (("show", "no.such:key"), 1),
        (("send", "no.such.kind"), 2),
        (("send", "--set", "nonsense"), 2),
        (("send", "--file", "no-such-file"), 2),
        (("events", "--status", "odd"), 2),
        (("events", "--since", "tomorrow"), 2),
        (("timeline",), 2),
    ]
    for arguments, code in mistakes:
        said = hooks(stack, *arguments, code=code)
        assert said
        assert "Traceback" not in said


def test_without_a_stack_it_says_make_up(stack: Stack) -> None:
    """Where nothing is deployed the program says how to change that."""
    elsewhere = stack._replace(place=stack.place._replace(home=stack.place.home / "nothing"))
    assert "make up" in hooks(elsewhere, "events", code=2)
