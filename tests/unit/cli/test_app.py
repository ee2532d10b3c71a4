"""Options, mistakes and exit codes."""

import errno
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from cli import __version__, options
from cli.errors import NotFoundError, UsageError
from justcall.catalogue import KINDS
from tests.support import cli_docs
from tests.support.fakes import aws_error
from tests.support.program import Hooks
from tests.unit.cli.conftest import Posted


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
    earliest = datetime.now(UTC) - ago
    moment = options.moment("--since", text)
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
def test_since_takes_an_iso_time_and_becomes_utc(text: str, moment: datetime) -> None:
    read = options.moment("--since", text)
    assert read == moment
    assert read.date() == moment.date()


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "", "15", "m", "1w", "1.5h", "15m ago", "9999999d", "9" * 30 + "d", "0001-01-01T00:00+14:00"],
)  # fmt: skip
@pytest.mark.parametrize("option", ["--since", "--before"])
def test_an_invalid_time_ends_with_2(hooks: Hooks, option: str, text: str) -> None:
    ran = hooks("events", option, text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"hooks: {option} {text} is not a time. Write ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("send", "call.teleported"), "kind call.teleported."),
        (("send", "--set", "nonsense"), "--set nonsense"),
        (("send", "--set", "=1"), "--set =1"),
        (("send", "--set", "event.name=1"), "--set event.name=1"),
        (("send", "--as-is", "--set", "data.a=1"), "--set"),
        (("send", "--file", "-", "--set", "data.a=1"), "--set"),
        (("send", "--file", "no/such"), "--file no/such"),
        (("send", "--file", "/"), "--file /"),
        (("send", "--forge", "--unsigned"), "--forge and --unsigned"),
        (("send", "--forge", "--secret", "x"), "--secret and --forge"),
        (("send", "--as-is", "--file", "x"), "--file and --as-is"),
        (("send", "--count", "0"), "--count"),
        (("send", "--rate", "0"), "--rate"),
        (("events", "--status", "odd"), "status odd."),
        (("events", "--limit", "0"), "--limit"),
        (("replay", "k"), "--reason"),
        (("replay", "k", "--reason", " "), "--reason"),
        (("replay", "k", "--reason", "x" * 501), "--reason"),
        (("replay", "--reason", "x"), "Which events?"),
        (("replay", "--reason", "x", "--kind", "sms.sent"), "Which events?"),
        (("replay", "k", "--status", "failed", "--reason", "x"), "not both"),
        (("replay", "--status", "odd", "--reason", "x"), "status odd."),
        (("replay", "--status", "processed", "--reason", "x"), "--force"),
        (("replay", "k", "--reason", "x", "--rate", "0"), "--rate"),
        (("dlq", "show", "--kind", "sms"), "kind sms."),
        (("dlq", "redrive"), "--kind KIND or --all"),
        (("dlq", "redrive", "--kind", "sms.sent", "--all"), "--kind KIND or --all"),
        (("dlq", "redrive", "--all", "--rate", "501"), "--rate"),
        (("dlq", "--json", "show"), "after show"),
        (("events", "--region", "eu-west-1"), "--stack"),
        (("show",), "Usage: hooks show"),
        (("vanish",), "vanish"),
    ],
)
def test_a_mistake_ends_with_2_and_changes_nothing(
    hooks: Hooks, posted: Posted, arguments: tuple[str, ...], message: str
) -> None:
    ran = hooks(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.message
    assert posted.bodies == []


def test_an_unknown_kind_is_answered_with_every_kind(hooks: Hooks, posted: Posted) -> None:
    assert hooks("send", "sms").message.endswith(", ".join(KINDS))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (aws_error("AccessDeniedException"), "AWS refused Operation: AccessDeniedException"),
        (ClientError({"Error": {"Code": "404"}}, "Query"), "AWS refused Query: 404"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), "make up"),
        (NoCredentialsError(), "Could not reach AWS: Unable to locate credentials"),
    ],
    ids=["refused", "without a message", "unreachable", "no credentials"],
)  # fmt: skip
@pytest.mark.parametrize("command", [("events",), ("show", "x"), ("timeline", "+14155559876")])
def test_a_failing_aws_is_one_line_and_2(
    hooks: Hooks,
    local: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    error: Exception,
    message: str,
) -> None:
    def failing(*_: object) -> Any:
        raise error

    monkeypatch.setattr("cli.stack.Stack.client", failing)
    ran = hooks(*command)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


def test_make_up_is_no_hint_for_a_deployed_stack(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Any:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")

    monkeypatch.setattr("cli.stack.find", failing)
    ran = hooks("events", "--stack", "prod")
    assert (ran.code, "make up" in ran.err) == (2, False)


def test_without_a_stack_the_program_says_how_to_get_one(hooks: Hooks, place: Path) -> None:
    ran = hooks("events")
    assert (ran.code, "make up" in ran.err) == (2, True)


def test_every_command_has_the_common_options(hooks: Hooks) -> None:
    commands = ("send", "events", "show", "timeline", "contact", "replay", "dlq show", "dlq redrive",
                "secret show", "secret rotate", "subscribe", "subscriptions", "unsubscribe", "doctor", "verify", "sign", "refused", "logs", "tail", "listen", "export", "dismiss", "dlq drop", "dlq dropped")  # fmt: skip
    for command in commands:
        ran = hooks(*command.split(), "--help")
        assert all(f"--{one}" in ran.out for one in ("json", "stack", "region", "profile")), command


def test_version(hooks: Hooks) -> None:
    assert hooks("--version") == (0, f"{__version__}\n", "")


def test_json_is_one_document(hooks: Hooks, posted: Posted) -> None:
    ran = hooks("send", "--json")
    assert list(json.loads(ran.out)["sent"][0]) == ["key", "status", "answer", "milliseconds"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("no"), 1),
        (UsageError("wrong"), 2),
        (NoCredentialsError(), 2),
        (BrokenPipeError(errno.EPIPE, "closed"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=repr,
)
def test_exit_codes_are_the_documented_ones(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def failing(*_: object) -> Any:
        raise error

    monkeypatch.setattr("cli.stack.find", failing)
    ran = hooks("events")
    assert (ran.code, ran.out) == (code, "")
    assert f"| {code} |" in cli_docs.TEXT
