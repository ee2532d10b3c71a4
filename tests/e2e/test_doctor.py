"""`hooks doctor` on the deployed stack: well when it is, and not when it is not."""

import json
import os
import subprocess
from typing import Any

from cli.checks.outside import NUMBER
from local.place import ROOT
from tests.e2e.conftest import Stack

CHECKS = [
    "stack",
    "reachable",
    "clock",
    "unsigned refused",
    "forged refused",
    "secret",
    "previous secret",
    "signed processed",
    "not UTF-8",
    "indexes",
    "queues",
    "dead letters",
    "failed events",
    "stuck events",
    "retrying events",
    "quarantined events",
    "unhandled events",
    "destinations",
    "alarms",
    "sweeper",
]


def doctor(stack: Stack) -> tuple[int, dict[str, Any]]:
    """Return the code, and the findings by check."""
    run = subprocess.run(
        [str(ROOT / "hooks"), "doctor", "--json"],
        env={**os.environ, "JUSTCALL_HOOKS_LOCAL": str(stack.place.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in run.stderr
    found = {one["check"]: one for one in json.loads(run.stdout)["checks"]}
    assert list(found) == CHECKS, run.stderr
    return run.returncode, found


def test_a_stack_that_is_well(stack: Stack) -> None:
    """Every check is made against the real thing; nothing is wrong, and nothing is left behind."""
    before = stack.timeline(NUMBER)
    code, found = doctor(stack)
    wrong = {one["check"] for one in found.values() if one["verdict"] == "wrong"}
    # Other tests may leave events in this stack that failed on purpose.
    assert wrong <= {"failed events", "stuck events"}, found
    assert code == (1 if wrong else 0)
    assert found["signed processed"]["verdict"] == "ok", found["signed processed"]
    # The embedded API Gateway hands JSON over as text.
    assert (found["not UTF-8"]["verdict"], "401" in found["not UTF-8"]["what"]) == ("ok", True)
    assert stack.timeline(NUMBER) == before
    assert NUMBER not in stack.everything()


def test_a_dead_letter_is_wrong(stack: Stack) -> None:
    """What is wrong is told with the command that helps, the other checks are made all the same."""
    url = stack.described["dead_letter_queue"]
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    try:
        code, found = doctor(stack)
    finally:
        sqs.purge_queue(QueueUrl=url)
    assert code == 1
    letters = found["dead letters"]
    assert letters["verdict"] == "wrong"
    assert letters["mend"].endswith("dlq show")
    assert found["signed processed"]["verdict"] == "ok"
