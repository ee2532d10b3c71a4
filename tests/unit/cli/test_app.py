"""The commands: what their options mean, what they print, and with which code they end."""

import io
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from cli import __version__, options, read
from cli.errors import UsageError
from justcall import signature, url_signature
from justcall.catalogue import KINDS
from tests.support.fakes import aws_error
from tests.unit.cli.conftest import SECRET, FakeStack, Hooks, Posted

SENT_KEYS = ["key", "status", "answer", "milliseconds"]


# ------------------------------------------------------------------ --since


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
    ],
)
def test_since_counts_back_from_now(text: str, ago: timedelta) -> None:
    """A number with its unit is so long ago."""
    earliest = datetime.now(UTC) - ago
    moment = options.moment(text)
    assert moment is not None
    assert earliest <= moment <= datetime.now(UTC) - ago


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-12T14:30:00Z", datetime(2026, 3, 12, 14, 30, tzinfo=UTC)),
        ("2026-03-12T14:30", datetime(2026, 3, 12, 14, 30, tzinfo=UTC)),
        ("2026-03-12", datetime(2026, 3, 12, tzinfo=UTC)),
        ("2026-03-13T04:30:00+14:00", datetime(2026, 3, 12, 14, 30, tzinfo=UTC)),
    ],
)
def test_since_takes_an_iso_time(text: str, moment: datetime) -> None:
    """An ISO time is a moment, in UTC if it says nothing else; its day is UTC's day."""
    read = options.moment(text)
    assert read == moment
    assert read.date() == moment.date()


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "", "15", "m", "1w", "1.5h", "15m ago", "9999999d", "9" * 30 + "d", "0001-01-01T00:00+14:00"],
)  # fmt: skip
def test_since_that_is_no_time_is_a_mistake(hooks: Hooks, stack: FakeStack, text: str) -> None:
    """What is no time, or one before all time, ends with 2 and one line that says what to write."""
    ran = hooks("events", "--since", text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"hooks: --since {text}: write 90s, 15m, 2h, 3d or an ISO time\n"
    assert stack.table.asked == []


# ------------------------------------------------------------------ mistakes


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("send", "call.teleported"), "no kind call.teleported; there are call.completed"),
        (("send", "--set", "nonsense"), "--set nonsense: write it as data.field=value"),
        (("send", "--set", "=1"), "--set =1: write it as data.field=value"),
        (("send", "--set", "event.name=1"), "--set event.name=1: event is no object"),
        (("send", "--as-is", "--set", "data.a=1"), "--set changes a new sample"),
        (("send", "--file", "-", "--set", "data.a=1"), "--set changes a new sample"),
        (("send", "--file", "no/such"), "--file no/such: No such file or directory"),
        (("send", "--file", "/"), "--file /: Is a directory"),
        (("send", "--forge", "--unsigned"), "--forge and --unsigned exclude each other"),
        (("send", "--forge", "--secret", "x"), "--secret and --forge exclude each other"),
        (("send", "--unsigned", "--secret", "x"), "--secret and --unsigned exclude each other"),
        (("send", "--as-is", "--file", "x"), "--file and --as-is exclude each other"),
        (("send", "--count", "0"), "--count"),
        (("send", "--rate", "0"), "--rate"),
        (("events", "--status", "odd"), "no status odd; there are received, processed"),
        (("events", "--limit", "0"), "--limit"),
        (("replay", "k"), "--reason"),
        (("replay", "k", "--reason", " "), "--reason: write 1 to 500 characters"),
        (("replay", "k", "--reason", "x" * 501), "--reason: write 1 to 500 characters"),
        (("replay", "--reason", "x"), "which events? give keys, or --status"),
        (("replay", "--reason", "x", "--kind", "sms.sent"), "which events?"),
        (("replay", "k", "--status", "failed", "--reason", "x"), "not both"),
        (("replay", "--status", "odd", "--reason", "x"), "no status odd; there are received"),
        (("replay", "--status", "processed", "--reason", "x"), "with --force only"),
        (("replay", "k", "--reason", "x", "--rate", "0"), "--rate"),
        (("dlq", "show"), "Usage: hooks dlq show"),
        (("dlq", "show", "sms"), "no kind sms; there are call.completed"),
        (("dlq", "redrive"), "redrive what? name a kind, or --all"),
        (("dlq", "redrive", "sms.sent", "--all"), "redrive what? name a kind, or --all"),
        (("dlq", "redrive", "--all", "--rate", "501"), "--rate"),
        (("dlq", "--json", "show", "sms.sent"), "write options after show"),
        (("show",), "Usage: hooks show"),
        (("timeline",), "Usage: hooks timeline"),
        (("vanish",), "vanish"),
    ],
)
def test_mistakes_end_with_2(
    hooks: Hooks, posted: Posted, arguments: tuple[str, ...], told: str
) -> None:
    """What the user can mend ends with 2 and says what it is; nothing is posted or printed."""
    ran = hooks(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.said
    assert posted.bodies == []


def test_all_kinds_are_named_when_one_is_wrong(hooks: Hooks, posted: Posted) -> None:
    """Whoever misspells a kind sees every kind there is."""
    assert hooks("send", "sms").said.endswith(", ".join(KINDS))


def test_what_is_not_there_ends_with_1(hooks: Hooks, stack: FakeStack) -> None:
    """A key that nobody has is no mistake: it is not there."""
    ran = hooks("show", "call.completed:nobody")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "hooks: no event call.completed:nobody; see: hooks events\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (aws_error("AccessDeniedException"), "AWS refused Operation: AccessDeniedException happened"),
        (ClientError({"Error": {"Code": "404"}}, "Query"), "AWS refused Query: 404"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), "is the stack up? (make up)"),
        (NoCredentialsError(), "AWS can't be asked: Unable to locate credentials"),
    ],
    ids=["refused", "without a message", "unreachable", "no credentials"],
)  # fmt: skip
@pytest.mark.parametrize("command", [("events",), ("show", "x"), ("timeline", "+14155559876")])
def test_aws_that_does_not_answer_ends_with_2(
    hooks: Hooks, stack: FakeStack, command: tuple[str, ...], error: Exception, told: str
) -> None:
    """AWS's refusal, or its absence, is one line and 2."""
    stack.table.error = error
    ran = hooks(*command)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("hooks: AWS ")
    assert ran.err.count("\n") == 1
    assert told in ran.err


def test_a_deployed_stack_is_not_brought_up(hooks: Hooks, stack: FakeStack) -> None:
    """`make up` is for the local stack only."""
    url = "https://dynamodb.us-east-1.amazonaws.com/"
    stack.table.error = EndpointConnectionError(endpoint_url=url)
    ran = hooks("events", "--stack", "prod")
    assert ran.code == 2
    assert "make up" not in ran.err


def test_no_stack_ends_with_2(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a local stack the program says how to get one."""
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))
    ran = hooks("events")
    assert ran.code == 2
    assert "run: make up" in ran.err


def test_version(hooks: Hooks) -> None:
    """The version is printed alone."""
    assert hooks("--version") == (0, f"{__version__}\n", "")


# ------------------------------------------------------------------ send


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ([], 200, 0),
        ([], 401, 1),
        ([], 503, 1),
        (["--forge"], 401, 0),
        (["--forge"], 200, 1),
        (["--unsigned"], 401, 0),
        (["--unsigned"], 200, 1),
        (["--unsigned"], 503, 1),
    ],
)
def test_send_ends_as_expected(
    hooks: Hooks, posted: Posted, options: list[str], status: int, code: int
) -> None:
    """0 is for 200, and for 401 where a refusal was asked for; every other answer is 1."""
    posted.status = status
    ran = hooks("send", *options)
    assert ran.code == code
    assert ran.out.startswith(f'{status} {{"status":"said"}}  (1.5 ms)\n')
    assert ("hooks show call.completed:call_1" in ran.out) == (status == 200)


def test_send_signs_with_the_right_secret(hooks: Hooks, posted: Posted) -> None:
    """The stack's secret, another one if told so, a wrong one to forge, none to leave it unsigned."""
    used = []
    for chosen in ([], ["--secret", "mine"], ["--forge"], ["--unsigned"]):
        hooks("send", *chosen)
        used.append(posted.headers.get(signature.HEADER))
        known = [signature.sign(posted.bodies[-1], secret) for secret in (SECRET, "mine")]
        assert [used[-1] == one for one in known] == [chosen == [], "mine" in chosen]
    assert used[2] is not None
    assert used[3] is None


def test_send_in_the_other_dialect(hooks: Hooks, posted: Posted) -> None:
    """Signed for the URL that the stack is registered under, and for now."""
    assert hooks("send", "--url-signed", "sms.sent_received").code == 0
    told = posted.headers[url_signature.TIMESTAMP_HEADER]
    assert posted.headers[signature.HEADER] == url_signature.sign(
        FakeStack.registered_url, "sms.sent_received", told, SECRET
    )
    assert abs(url_signature.sent_at(told) - time.time()) < 60
    ran = hooks("send", "--url-signed", "sms.sent_recieved")
    assert (ran.code, "no url-signed type" in ran.said) == (2, True)


@pytest.mark.parametrize("options", [["--secret", "mine"], ["--forge"], ["--unsigned"]])
def test_send_elsewhere_needs_no_stack(
    hooks: Hooks, posted: Posted, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """With a URL, and no need for the stack's secret, no stack is looked for."""

    def none(*_: object) -> Any:
        raise UsageError("there is no stack")

    monkeypatch.setattr("cli.stack.find", none)
    url = "https://example.test/hook"
    assert hooks("send", "--url", url, *options).code in (0, 1)
    assert posted.url == url
    assert hooks("send", "--url", url).code == 2, "its secret is needed"


def test_each_of_count_is_new_and_each_of_repeat_the_same(hooks: Hooks, posted: Posted) -> None:
    """3 events, each twice, are 6 deliveries of 3 bodies, the same ones one after the other."""
    ran = hooks("send", "sms_sent", "--count", "3", "--repeat", "2", "--rate", "5")
    assert posted.bodies[0::2] == posted.bodies[1::2]
    assert len(set(posted.bodies)) == 3
    assert {json.loads(body)["event"] for body in posted.bodies} == {"sms.sent"}
    assert posted.rate == 5
    assert ran.out.splitlines()[1].split()[-3:] == ["6", "1.5", "1.5"]


def test_a_file_is_posted_as_it_is(hooks: Hooks, posted: Posted, tmp_path: Path) -> None:
    """A file's bytes are posted unchanged, whatever they are."""
    file = tmp_path / "body"
    file.write_bytes(b"\xff\x00 no json\r\n")
    assert hooks("send", "--file", str(file), "--repeat", "2").code == 0
    assert posted.bodies == [b"\xff\x00 no json\r\n"] * 2


def test_stdin_is_read_once(hooks: Hooks, posted: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one of several deliveries holds what came from stdin."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"piped")))
    assert hooks("send", "--file", "-", "--count", "3").code == 0
    assert posted.bodies == [b"piped"] * 3


def test_settings_change_the_sample(hooks: Hooks, posted: Posted) -> None:
    """--set may be given as often as needed."""
    hooks("send", "--set", "data.duration=7", "--set", "data.notes=seven")
    data = json.loads(posted.bodies[0])["data"]
    assert (data["duration"], data["notes"]) == (7, "seven")


def test_send_prints_one_document(hooks: Hooks, posted: Posted) -> None:
    """--json is one document with the keys that docs/cli.md names, and nothing else."""
    ran = hooks("send", "--json", "--count", "2")
    document = json.loads(ran.out)
    assert list(document) == ["sent"]
    assert [list(one) for one in document["sent"]] == [SENT_KEYS] * 2
    assert document["sent"][0] == {
        "key": "call.completed:call_1",
        "status": 200,
        "answer": '{"status":"said"}',
        "milliseconds": 1.5,
    }


# ------------------------------------------------------------------ events


def test_nothing_found_is_an_empty_list(hooks: Hooks, stack: FakeStack) -> None:
    """Nothing is no failure: an empty list for programs, a sentence for people."""
    for command in (["events"], ["timeline", "+14155559876"]):
        ran = hooks(*command, "--json")
        assert (ran.code, json.loads(ran.out)) == (0, [])
        assert hooks(*command).out.startswith("no")


def test_nothing_that_fits_is_not_nothing_at_all(hooks: Hooks, stack: FakeStack) -> None:
    """Whoever filtered is not told to send one; a kind that is none is told with those there are."""
    assert hooks("events").out == "no events; send one: hooks send call.completed\n"
    assert hooks("events", "--status", "failed").out == "none fit\n"
    assert hooks("events", "--kind", "sms_sent").out == "none fit\n"
    said = hooks("events", "--kind", "sms.snet").out
    assert said == f"none fit; sms.snet is no kind with a processor: {', '.join(KINDS)}\n"


def test_a_number_without_a_plus_is_hinted_at(hooks: Hooks, stack: FakeStack) -> None:
    """Timelines stand at E.164; a number without its country is not guessed at."""
    said = hooks("timeline", "4155559876").out
    assert said.endswith("; write plus and country code: hooks timeline +14155559876\n")
    assert "country" not in hooks("timeline", "+14155559876").out


def test_events_are_asked_for_as_told(
    hooks: Hooks, stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each option reaches the question."""
    asked: list[tuple[object, ...]] = []

    def events(*arguments: object) -> list[read.Document]:
        asked.append(arguments)
        return []

    monkeypatch.setattr(read, "events", events)
    hooks(
        "events", "--status", "stuck", "--kind", "sms.sent", "--since", "2026-03-12", "--limit", "3"
    )
    hooks("events")
    since = datetime(2026, 3, 12, tzinfo=UTC)
    assert asked == [(stack, "stuck", "sms.sent", since, 3), (stack, None, None, None, 20)]
