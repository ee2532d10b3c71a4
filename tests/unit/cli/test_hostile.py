"""Keys, numbers and bodies that strangers chose, and locales that know only ASCII."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.ledger_rows import TABLE
from tests.support.program import Deployment, Hooks
from tests.unit.cli.conftest import Posted

ROOT = Path(__file__).parents[3]
NUMBER = "+14155559876"
DEEP = 12_000


# ------------------------------------------------------------------ keys


def test_a_key_may_begin_with_a_dash(deployed: Deployment, hooks: Hooks) -> None:
    for key in ("-x:1", "--x:1", "-:1", "--json:1", "---:--", "-x.y:sha256=1"):
        deployed.rows.put(key, "unhandled")
        assert hooks("show", key, "--json").json["key"] == key
        assert hooks("show", "--json", "--", key).json["key"] == key
        [event] = hooks("replay", "--reason", "x", "--json", key, "--dry-run").json["events"]
        assert (event["key"], event["was"]) == (key, "unhandled")


def test_a_mistyped_option_is_no_key(deployed: Deployment, hooks: Hooks) -> None:
    """`hooks replay KEY --dryrun` must not replay KEY."""
    key = deployed.rows.put("sms.sent:1", "failed")
    for option in ("--jsno", "--dryrun", "-n", "-"):
        for command in (["show"], ["show", key], ["replay", key, "--reason", "x"]):
            ran = hooks(*command, option)
            assert (ran.code, ran.out) == (2, "")
    assert deployed.rows.get(key)["status"] == "failed"


def test_a_strange_key_is_not_found(deployed: Deployment, hooks: Hooks) -> None:
    for key in ("", "\udcff", "x" * 3000, "a\nb", "\0", "\U0001f600"):
        ran = hooks("show", key)
        assert ran.code in (1, 2)
        assert ran.err.startswith("hooks: ")
        assert ran.err.count("\n") == 1


# ------------------------------------------------------------------ bodies

OPENING = b"[" * DEEP
BODIES = {
    "list": OPENING + b"]" * DEEP,
    "object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "unclosed": OPENING,
    "in an open string": b'{"a": "' + OPENING,
    "after an escaped quote": b'{"a": "\\"' + OPENING,
    # As UTF-16 the first character holds a byte that is a quote in UTF-8.
    "UTF-16": ("[" + '"\u2201",' + "[" * DEEP + "]" * DEEP + ',"x"]').encode("utf-16"),
    "UTF-32": ("[" * DEEP + "]" * DEEP).encode("utf-32"),
    "with a byte order mark": b"\xef\xbb\xbf{}",
    "long number": b"9" * 10_000,
    "not finite": b'{"a": [NaN, 1e999, -Infinity]}',
    "half a character": b'{"a": "\\ud800"}',
    "control characters": b'{"a": "\\u001b]0;x\\u0007"}',
    "bytes": bytes(range(256)),
    "empty": b"",
}


def test_show_prints_any_body(deployed: Deployment, hooks: Hooks) -> None:
    for name, body in BODIES.items():
        key = deployed.rows.put(f"sms.sent:{name}", "unhandled", body=body)
        deployed.rows.evidence(key, body)
        for options in ([], ["--json"]):
            ran = hooks("show", key, *options)
            assert (ran.code, ran.err) == (0, ""), name
            assert not set(ran.out) & {"\x1b", "\x07", "\0"}, name
        event = json.loads(ran.out, parse_constant=pytest.fail)
        assert event["conflicts"][0]["body"] == event["body"]


def test_show_of_a_damaged_body_shows_the_rest(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put("sms.sent:1", "unhandled", body=b"\xff" * 99)
    deployed.rows.dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"event#{key}"}, "sk": {"S": "ledger"}},
        UpdateExpression="SET packed = :x",
        ExpressionAttributeValues={":x": {"B": b"x"}},
    )
    ran = hooks("show", key, "--json")
    assert (ran.code, ran.json["status"]) == (0, "unhandled")


def test_send_posts_a_body_of_any_depth(posted: Posted, hooks: Hooks, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(BODIES["object"])
    assert hooks("send", "--file", str(file)).code == 0
    assert hooks("send", "sms.sent_received", "--url-signed", "--file", str(file)).code == 2
    assert hooks("send", "--set", "data.a=" + "[" * DEEP).code == 0


def test_a_deep_entry_is_shown(deployed: Deployment, hooks: Hooks) -> None:
    """The ledger keeps at most 200 levels of a field."""
    deep: Any = "x"
    for _ in range(210):
        deep = {"a": [deep]} if isinstance(deep, dict) else {"a": deep}
    deployed.rows.put("sms.sent:1", entry={"number": NUMBER, "unknown_fields": deep})
    assert hooks("timeline", NUMBER, "--json").json[0]["unknown_fields"] == deep
    assert hooks("timeline", NUMBER).code == 0


# ------------------------------------------------------------------ numbers


TYPED = (
    "+1 (415) 555-9876", "14155559876", "0014155559876", "tel:+1-415-555-9876", "whatsapp:+14155559876",
    "\u202a+14155559876\u202c", "\uff0b1415555987\uff16", "14155559876.0", " +1.415.555.9876 ",
)  # fmt: skip


def test_a_number_is_cleaned_as_in_events(deployed: Deployment, hooks: Hooks) -> None:
    deployed.rows.put("sms.sent:1", entry={"at": "2026-03-12T14:00:00.000Z", "number": NUMBER})
    for typed in TYPED:
        assert len(hooks("timeline", typed, "--json").json) == 1, typed
        assert hooks("contact", typed, "--json").json["number"] == NUMBER


def test_the_timeline_of_a_call_without_a_number_is_found_by_its_id(
    deployed: Deployment, hooks: Hooks
) -> None:
    """`hooks show` prints it as the event's contact."""
    key = deployed.rows.put("call.updated:1", entry={"subjects": ["call:1"]}, contact="call:1")
    deployed.rows.put("call.missed:2", entry={"subjects": ["call:2"]}, contact="unknown")
    contact = hooks("show", key, "--json").json["contact"]
    assert [one["key"] for one in hooks("timeline", contact, "--json").json] == [key]


def test_no_number_is_a_mistake(hooks: Hooks) -> None:
    """An unset variable of a shell does not show the callers that withheld their number."""
    for command in ("timeline", "contact"):
        for typed in ("", "  "):
            ran = hooks(command, typed)
            assert (ran.code, ran.out) == (2, "")
            assert "NUMBER" in ran.message.upper()


def test_nothing_found_names_the_number_and_what_to_try(deployed: Deployment, hooks: Hooks) -> None:
    for command in ("timeline", "contact"):
        for typed, complete in (("4155559876", False), ("+14155559870", True), ("nobody", False)):
            ran = hooks(command, typed)
            assert (ran.code, ran.err) == (1, "")
            assert typed in ran.out
            assert ("country code" in ran.out) is not complete


# ------------------------------------------------------------------ locales


def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
            "JUSTCALL_HOOKS_LOCAL": str(home),
            **environment,
        },
        capture_output=True,
        check=False,
    )


ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
NOT_COERCED = ASCII | {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("environment", [ASCII, NOT_COERCED], ids=["C", "C, not coerced"])
def test_output_is_utf8_in_a_pipe_whatever_the_locale(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    usage = run("timeline", "--help", home=tmp_path, **environment)
    assert (usage.returncode, usage.stderr) == (0, b"")
    assert "─" in usage.stdout.decode()
    mistake = run("send", "café-日本", home=tmp_path, **environment)
    assert (mistake.returncode, mistake.stdout) == (2, b"")
    assert "café-日本" in mistake.stderr.decode()
