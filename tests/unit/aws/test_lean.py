"""Which client serves the handler, and which exceptions its code can meet."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aws import clients, lean, settings, wire

SRC = Path(__file__).parents[3] / "src"
LAMBDA = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_DEFAULT_REGION": "eu-west-2",
}
MADE = [lean.dynamodb, lean.sqs, lean.secretsmanager]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)
    lean._client.cache_clear()
    yield
    lean._client.cache_clear()


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_credentials_of_the_environment_are_served_without_botocore(made: Any) -> None:
    assert isinstance(made(), wire.Client)
    assert made() is made()


NEEDS: list[dict[str, str]] = [
    {"AWS_ACCESS_KEY_ID": ""},
    {"AWS_SECRET_ACCESS_KEY": ""},
    {"HTTPS_PROXY": "http://proxy"},
    {"AWS_USE_FIPS_ENDPOINT": "true"},
]


@pytest.mark.parametrize("change", NEEDS, ids=repr)
@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_anything_else_is_botocores(
    monkeypatch: pytest.MonkeyPatch, made: Any, change: dict[str, str]
) -> None:
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    theirs = object()
    monkeypatch.setattr(clients, made.__name__, lambda: theirs)
    assert made() is theirs
    monkeypatch.setenv("_HANDLER", "handler.app.handler")
    assert not settings.is_lean()


def test_region_has_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert settings.account() is None
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    account = settings.account()
    assert account
    assert account.region == "eu-west-1"


_MODULES = """
import json, sys
before = set(sys.modules)
import handler.app
from aws.failures import AWS_FAILURES
print(json.dumps([sorted(set(sys.modules) - before), [one.__name__ for one in AWS_FAILURES]]))
"""


def imported(environment: dict[str, str]) -> tuple[set[str], list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", _MODULES],
        env=environment | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        check=True,
    )
    modules, failures = json.loads(done.stdout)
    return set(modules), failures


def test_cold_path_loads_what_it_needs() -> None:
    """In a Lambda: no SDK, no Powertools, no logging, and no HTTP library."""
    modules, failures = imported(LAMBDA | {"_HANDLER": "handler.app.handler"})
    heavy = {"botocore", "boto3", "aws_lambda_powertools", "pydantic", "urllib3", "http.client"}
    assert not modules & (heavy | {"logging", "email", "ssl", "random", "traceback"})
    assert failures == ["AwsFailure", "AwsError", "NoAnswer"]


@pytest.mark.parametrize("environment", [LAMBDA, {"_HANDLER": "handler.app.handler"}], ids=["elsewhere", "no credentials"])  # fmt: skip
def test_botocores_exceptions_count_where_it_can_be_used(environment: dict[str, str]) -> None:
    """In a processor, a test or the CLI, and in a handler that needs botocore."""
    _, failures = imported(environment)
    assert failures == ["AwsFailure", "BotoCoreError", "ClientError"]
