"""`hooks send`: how bodies are made and signed, and when it is content."""

import io
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.errors import UsageError
from justcall import signature, url_signature
from tests.support.program import Hooks
from tests.support.samples import SECRET
from tests.unit.cli.conftest import Posted


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ([], 200, 0),
        ([], 401, 1),
        ([], 503, 1),
        (["--forge"], 401, 0),
        (["--forge"], 200, 1),
        (["--unsigned"], 401, 0),
        (["--unsigned"], 503, 1),
    ],
)
def test_exit_code_says_whether_the_answer_is_expected(
    hooks: Hooks, posted: Posted, options: list[str], status: int, code: int
) -> None:
    posted.status = status
    ran = hooks("send", *options)
    assert ran.code == code
    assert ran.out.startswith(f"{status} ")
    assert ("hooks show call.completed:call_1" in ran.out) == (status == 200)


def test_the_secret_is_the_stacks_or_as_chosen(hooks: Hooks, posted: Posted) -> None:
    used = []
    for chosen in ([], ["--secret", "mine"], ["--forge"], ["--unsigned"]):
        hooks("send", *chosen)
        used.append(posted.headers.get(signature.HEADER))
        known = [signature.sign(posted.bodies[-1], secret) for secret in (SECRET, "mine")]
        assert [used[-1] == one for one in known] == [chosen == [], "mine" in chosen]
    assert used[2] is not None
    assert used[3] is None


def test_url_signed_deliveries_are_signed_for_the_registered_url(
    hooks: Hooks, posted: Posted, local: dict[str, Any]
) -> None:
    assert hooks("send", "--url-signed", "sms.sent_received").code == 0
    sent_at = posted.headers[url_signature.TIMESTAMP_HEADER]
    expected = url_signature.sign(local["registered_url"], "sms.sent_received", sent_at, SECRET)
    assert posted.headers[signature.HEADER] == expected
    assert abs(url_signature.sent_at(sent_at) - time.time()) < 60
    assert hooks("send", "--url-signed", "sms.sent_recieved").code == 2


@pytest.mark.parametrize("dialect", [[], ["--url-signed"]])
@pytest.mark.parametrize("options", [["--secret", "mine"], ["--forge"], ["--unsigned"]])
def test_another_url_needs_no_stack(
    hooks: Hooks,
    posted: Posted,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    dialect: list[str],
) -> None:
    def none(*_: object) -> Any:
        raise UsageError("there is no stack")

    monkeypatch.setattr("cli.stack.find", none)
    url = "https://example.test/hook"
    assert hooks("send", "--url", url, *options, *dialect).code in (0, 1)
    assert posted.url == url
    assert hooks("send", "--url", url).code == 2, "the stack's secret is needed"


def test_count_makes_events_and_repeat_makes_duplicates(hooks: Hooks, posted: Posted) -> None:
    ran = hooks("send", "sms_sent", "--count", "3", "--repeat", "2", "--rate", "5")
    assert posted.bodies[0::2] == posted.bodies[1::2]
    assert len(set(posted.bodies)) == 3
    assert {json.loads(body)["event"] for body in posted.bodies} == {"sms.sent"}
    assert posted.rate == 5
    assert ran.out.splitlines()[1].split()[-3:] == ["6", "1.5", "1.5"]


def test_a_file_is_posted_unchanged(hooks: Hooks, posted: Posted, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\xff\x00 no json\r\n")
    assert hooks("send", "--file", str(file), "--repeat", "2").code == 0
    assert posted.bodies == [b"\xff\x00 no json\r\n"] * 2


def test_stdin_is_read_once(hooks: Hooks, posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"piped")))
    assert hooks("send", "--file", "-", "--count", "3").code == 0
    assert posted.bodies == [b"piped"] * 3


def test_settings_change_the_sample(hooks: Hooks, posted: Posted) -> None:
    hooks("send", "call.missed", "--set", "data.a=1", "--set", 'data.from="+1"')
    data = json.loads(posted.bodies[0])["data"]
    assert (data["a"], data["from"]) == (1, "+1")


def test_a_lambda_event_is_unwrapped(hooks: Hooks, posted: Posted, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    event = {"requestContext": {}, "headers": {"a": "b"}, "body": "eyJhIjogMX0=", "isBase64Encoded": True}  # fmt: skip
    file.write_text(json.dumps(event))
    assert hooks("send", "--file", str(file)).code == 0
    file.write_text(json.dumps(event | {"isBase64Encoded": False}))
    assert hooks("send", "--file", str(file)).code == 0
    assert posted.bodies == [b'{"a": 1}', b"eyJhIjogMX0="]


def test_a_kind_beside_a_file_is_refused(hooks: Hooks, posted: Posted, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"{}")
    ran = hooks("send", "sms.sent", "--file", str(file))
    assert (ran.code, "KIND or --file" in ran.message) == (2, True)
    assert posted.bodies == []
