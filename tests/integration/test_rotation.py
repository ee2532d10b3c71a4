"""`hooks secret`: what it leaves in Secrets Manager, what it says, and that it says no secret."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from cli import app, rotation, secret_versions
from cli.errors import UsageError
from cli.stack import Stack
from handler.app import handler
from tests.support import cli_docs
from tests.support import stack as template
from tests.support.cloud import Cloud
from tests.support.deliveries import request, signed
from tests.support.fakes import aws_error
from tests.support.samples import CALL_MISSED, SECRET, body, changed

NEW = "the-new-secret-Zq7"
NOW = 1_700_000_000.0


class Ran(NamedTuple):
    code: int
    out: str
    err: str


type Hooks = Callable[..., Ran]


@pytest.fixture
def deployed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    """Return the deployment as the program finds it."""
    described = {
        "webhook_url": "http://127.0.0.1/",
        "region": template.REGION,
        "events_table": cloud.table,
        "secret_arn": template.physical_name("ApiSecret"),
        "queues": {},
    }
    (tmp_path / "stack.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUSTCALL_HOOKS_LOCAL", str(tmp_path))
    return Stack(described, {"region_name": template.REGION})


@pytest.fixture
def hooks(
    deployed: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hooks:
    """Return what runs the program with a text on stdin, or with one typed at a terminal."""
    monkeypatch.setattr(rotation, "KNOWN_SECONDS", 0)

    def run(*arguments: str, stdin: bytes = b"", typed: str | None = None) -> Ran:
        said = io.TextIOWrapper(io.BytesIO(stdin))
        monkeypatch.setattr("sys.stdin", said)
        if typed is not None:
            monkeypatch.setattr(said, "isatty", lambda: True)
            monkeypatch.setattr("getpass.getpass", lambda _prompt: typed)
        with pytest.raises(SystemExit) as ended:
            app.main(arguments)
        assert isinstance(ended.value.code, int)
        ran = Ran(ended.value.code, *capsys.readouterr())
        assert NEW not in ran.out + ran.err
        assert SECRET not in ran.out + ran.err
        return ran

    return run


def labels_of(stack: Stack) -> set[str]:
    """Return all labels of all versions."""
    return {label for version in secret_versions.versions(stack) for label in version.labels}


def current(stack: Stack) -> str:
    answer = stack.client("secretsmanager").get_secret_value(
        SecretId=stack.secret_arn, VersionStage="AWSCURRENT"
    )
    secret: str = answer["SecretString"]
    return secret


def answer_to(name: str, secret: str) -> int:
    """Deliver a new event signed with a secret; return the status."""
    content = body(changed(CALL_MISSED, call_id=name))
    status: int = handler(request(content, signed(content, secret=secret)), None)["statusCode"]
    return status


# ------------------------------------------------------------------ rotate


def test_a_secret_from_a_pipe_becomes_current(hooks: Hooks, deployed: Stack) -> None:
    ran = hooks("secret", "rotate", "--stdin", "--json", stdin=f"{NEW}\n".encode())
    assert ran.code == 0, ran.err
    done = json.loads(ran.out)
    assert (done["did"], list(done)) == ("rotate", ["did", "version_id", "previous_until"])
    assert current(deployed) == NEW
    shown = json.loads(hooks("secret", "show", "--json").out)
    assert shown["rotation_until"] is None
    now, before = shown["versions"]
    assert (now["stage"], now["version_id"], now["accepted"]) == (
        "current",
        done["version_id"],
        True,
    )
    assert (before["stage"], before["accepted"]) == ("previous", True)
    assert before["accepted_until"] == done["previous_until"]
    assert not any(label.startswith("rotation-until-") for label in labels_of(deployed))
    for name in (*shown, *now, *done):
        assert f"`{name}`" in cli_docs.TEXT, f"docs/cli.md does not tell of {name}"


def test_a_secret_is_typed_without_echo(hooks: Hooks, deployed: Stack) -> None:
    ran = hooks("secret", "rotate", typed=NEW)
    assert ran.code == 0, ran.err
    assert "accepted until" in ran.out
    assert current(deployed) == NEW


@pytest.mark.parametrize(
    ("stdin", "told"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"two words", "white space"),
        (b" padded", "white space"),
        (b"line\nline", "white space"),
        (b"nul\0", "control characters"),
        (b"\xff\xfe", "not UTF-8"),
        (SECRET.encode(), "already the current secret"),
        (b"x" * 65_537, "longer"),
    ],
)
def test_an_unusable_secret_changes_nothing(
    hooks: Hooks, deployed: Stack, stdin: bytes, told: str
) -> None:
    """A mistake is one line with code 2; the secret and its labels are what they were."""
    [before] = secret_versions.versions(deployed)
    ran = hooks("secret", "rotate", "--stdin", stdin=stdin)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    [after] = secret_versions.versions(deployed)
    assert after[:2] == before[:2]
    assert current(deployed) == SECRET


def test_without_a_terminal_it_names_stdin(hooks: Hooks) -> None:
    ran = hooks("secret", "rotate")
    assert ran.code == 2
    assert "--stdin" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--begin", "--abort"), "Use only one of"),
        (("--begin", "--stdin"), "Use only one of"),
        (("--overlap", "soon"), "--overlap soon is not a length of time. Write"),
        (("--overlap", "9999d"), "a year"),
        (("--overlap", "9" * 30 + "d"), "Write 0s"),
    ],
)
def test_contradicting_options_end_with_2(
    hooks: Hooks, arguments: tuple[str, ...], told: str
) -> None:
    ran = hooks("secret", "rotate", *arguments)
    assert ran.code == 2
    assert told in ran.err


def test_the_previous_is_refused_after_the_overlap(hooks: Hooks) -> None:
    assert hooks("secret", "rotate", "--stdin", "--overlap", "0s", stdin=NEW.encode()).code == 0
    assert answer_to("old", SECRET) == 401
    assert answer_to("new", NEW) == 200
    assert "no, since" in hooks("secret", "show").out


def test_both_are_accepted_during_the_overlap(hooks: Hooks) -> None:
    hooks("secret", "rotate", "--stdin", stdin=NEW.encode())
    assert answer_to("old", SECRET) == 200
    assert answer_to("new", NEW) == 200
    assert "until 20" in hooks("secret", "show").out


def test_labels_never_pile_up(deployed: Stack) -> None:
    for number in range(30):
        with rotation.under_way(deployed, lambda: NOW):
            rotation.rotate(deployed, f"secret-{number}", 60 + number, lambda: NOW)
    assert labels_of(deployed) == {"AWSCURRENT", "AWSPREVIOUS", "previous-until-1700000089"}


def test_the_first_secret_has_no_overlap(hooks: Hooks, deployed: Stack) -> None:
    client = deployed.client("secretsmanager")
    client.delete_secret(SecretId=deployed.secret_arn, ForceDeleteWithoutRecovery=True)
    client.create_secret(Name=deployed.secret_arn)
    ran = hooks("secret", "show")
    assert ran.code == 1
    assert "There is no secret" in ran.out
    assert hooks("secret", "rotate", "--begin").code == 2
    ran = hooks("secret", "rotate", "--stdin", "--json", stdin=NEW.encode())
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["previous_until"] is None
    assert current(deployed) == NEW


class Refusing:
    """Secrets Manager that refuses one call, and lets all others through."""

    def __init__(self, client: Any, operation: str, number: int, error: ClientError) -> None:
        self._client, self._operation, self._left, self._error = client, operation, number, error

    def __getattr__(self, operation: str) -> Any:
        if operation == self._operation:
            self._left -= 1
            if self._left == 0:
                raise self._error
        return getattr(self._client, operation)


def refuse(stack: Stack, operation: str, number: int, code: str) -> None:
    client = stack.client("secretsmanager")
    stack._clients["secretsmanager"] = Refusing(client, operation, number, aws_error(code))


def test_a_change_that_is_refused_changes_nothing(deployed: Stack) -> None:
    refuse(deployed, "update_secret_version_stage", 1, "AccessDeniedException")
    with pytest.raises(ClientError):
        rotation.rotate(deployed, NEW, 60, lambda: NOW)
    assert current(deployed) == SECRET
    assert labels_of(deployed) == {"AWSCURRENT"}


def test_of_two_rotations_at_once_one_fails(deployed: Stack) -> None:
    refuse(deployed, "update_secret_version_stage", 1, "InvalidParameterException")
    with pytest.raises(UsageError, match="Somebody else rotates"):
        rotation.rotate(deployed, NEW, 60, lambda: NOW)
    assert current(deployed) == SECRET


@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_failing_cleanup_does_not_fail_the_rotation(deployed: Stack, number: int) -> None:
    rotation.rotate(deployed, "one", 60, lambda: NOW)
    refuse(deployed, "list_secret_version_ids", number, "ThrottlingException")
    rotation.rotate(deployed, NEW, 90, lambda: NOW)
    assert current(deployed) == NEW


# ------------------------------------------------------------------ --begin


def test_nothing_is_lost_between_begin_and_rotate(hooks: Hooks, deployed: Stack) -> None:
    assert hooks("secret", "rotate", "--begin").code == 0
    assert answer_to("old", SECRET) == 200
    assert answer_to("new", NEW) == 503
    assert "under way" in hooks("secret", "show").out
    assert hooks("secret", "rotate", "--stdin", stdin=NEW.encode()).code == 0
    app_forgets()
    assert answer_to("new", NEW) == 200
    assert answer_to("old", SECRET) == 200
    assert answer_to("forged", "a guess") == 401


def app_forgets() -> None:
    """Let five seconds pass for the cached secrets."""
    handler.__globals__["_ports"].cache_clear()


def test_abort_takes_begin_back(hooks: Hooks, deployed: Stack) -> None:
    assert json.loads(hooks("secret", "rotate", "--abort", "--json").out) == {"did": "nothing"}
    hooks("secret", "rotate", "--begin")
    assert json.loads(hooks("secret", "rotate", "--abort", "--json").out) == {"did": "abort"}
    assert labels_of(deployed) == {"AWSCURRENT"}
    assert answer_to("forged", "a guess") == 401


def test_begin_twice_begins_once_more(deployed: Stack) -> None:
    rotation.begin(deployed, lambda: NOW)
    rotation.begin(deployed, lambda: NOW)
    end = rotation.begin(deployed, lambda: NOW + 10)
    assert labels_of(deployed) == {"AWSCURRENT", f"rotation-until-{end}"}
    assert secret_versions.show(deployed, lambda: NOW + 10)["rotation_until"]
    assert secret_versions.show(deployed, lambda: float(end))["rotation_until"] is None


def test_a_mistake_after_begin_leaves_it_under_way(hooks: Hooks, deployed: Stack) -> None:
    hooks("secret", "rotate", "--begin")
    assert hooks("secret", "rotate", "--stdin", stdin=b"two words").code == 2
    assert answer_to("new", NEW) == 503


def test_while_it_is_typed_it_is_under_way(
    hooks: Hooks, deployed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --begin the time at the prompt loses nothing; Ctrl-C there leaves nothing behind."""
    seen: list[int] = []

    def typed(_prompt: str) -> str:
        seen.append(answer_to("new", NEW))
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.commands.secret._typed", lambda: typed(""))
    ran = hooks("secret", "rotate")
    assert ran.code == 130
    assert seen == [503]
    assert labels_of(deployed) == {"AWSCURRENT"}
