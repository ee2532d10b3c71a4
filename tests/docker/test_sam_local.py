"""`sam local invoke` with each file in events/, as the README describes it."""

import json
import subprocess
from typing import Any

import pytest

from justcall.catalogue import logical_name
from local import bridge, deploy
from local.place import ROOT, environment, tool
from tests.e2e.conftest import Stack
from tests.support import expected

_SECONDS = 120


def _invoke(stack: Stack, function: str, event: str, pulled: list[str]) -> Any:
    """Run one function in its container and return its answer."""
    run = subprocess.run(
        [
            *(str(tool("sam", "sam")), "local", "invoke", function),
            *("--template", str(stack.place.build / "template.yaml")),
            *("--event", str(ROOT / "events" / event)),
            *("--env-vars", str(stack.place.env_vars)),
            *("--add-host", bridge.ADD_HOST, *pulled),
            *("--parameter-overrides", *deploy.parameters()),
        ],
        env=environment(stack.process.root_key),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("name", expected.HTTP)
def test_http(stack: Stack, pulled: list[str], name: str) -> None:
    """The handler answers each request as the table says, first time or again."""
    answer = _invoke(stack, "HandlerFunction", f"http/{name}.json", pulled)
    wanted = expected.HTTP[name]
    said = json.loads(answer["body"])["status"]
    assert answer["statusCode"] == wanted.status
    assert said in {wanted.word, wanted.again, *expected.AFTER.values()}


@pytest.mark.parametrize("name", expected.SQS)
def test_sqs(stack: Stack, pulled: list[str], name: str) -> None:
    """Each processor takes its batch and reports only the poison record."""
    wanted = expected.SQS[name]
    function = f"{logical_name(wanted.kind)}Processor"
    answer = _invoke(stack, function, f"sqs/{name}.json", pulled)
    failed = tuple(failure["itemIdentifier"] for failure in answer["batchItemFailures"])
    assert failed == wanted.failures
