"""`hooks dlq`: content only if asked for, one letter dropped with a record, poison left behind."""

import json
from typing import Any
from unittest.mock import Mock

import pytest

from cli.stack import Stack
from tests.support.ledger_rows import BODY, letter
from tests.support.program import Deployment, Hooks, deployed, hooks, local, place

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures
POISON = "no message of ours: 0815"


@pytest.fixture(autouse=True)
def _no_move_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.redriving._start", lambda *_: False)


@pytest.fixture
def keys(deployed: Deployment) -> list[str]:
    """Return the keys of two failed events; they and poison are dead letters."""
    made = [deployed.rows.put(f"sms.sent:{n}", "failed", body=BODY) for n in range(2)]
    for key in made:
        deployed.send_dead(letter(key, BODY.decode()))
    deployed.send_dead(POISON)
    return made


def ids(hooks: Hooks) -> dict[str | None, str]:
    return {one["key"]: one["message_id"] for one in hooks("dlq", "show", "--json").json}


def test_content_is_shown_if_asked_for(deployed: Deployment, hooks: Hooks, keys: list[str]) -> None:
    assert "body" not in hooks("dlq", "show", "--json").json[0]
    deployed.send_dead(letter("sms.sent:large", None))
    bodies = {one["key"]: one["body"] for one in hooks("dlq", "show", "--body", "--json").json}
    assert bodies == {**dict.fromkeys(keys, json.loads(BODY)), None: POISON, "sms.sent:large": None}
    assert POISON in hooks("dlq", "show", "--body").out
    assert POISON not in hooks("dlq", "show").out


def test_a_letter_is_dropped_and_recorded(
    deployed: Deployment, hooks: Hooks, keys: list[str]
) -> None:
    chosen = ids(hooks)[keys[0]]
    arguments = ["dlq", "drop", chosen[:13], "--reason", "a test", "--json"]
    assert hooks(*arguments, "--dry-run").json["dry_run"] is True
    assert (deployed.depth("dead-letters"), hooks("dlq", "dropped", "--json").json) == (3, [])
    ran = hooks(*arguments)
    assert (ran.code, ran.json["key"], ran.json["message_id"]) == (0, keys[0], chosen)
    assert ids(hooks).keys() == {keys[1], None}
    poison = ids(hooks)[None]
    assert "not an event" in hooks("dlq", "drop", poison, "--reason", "noise").out
    records = hooks("dlq", "dropped", "--json").json
    assert [(one["key"], one["reason"]) for one in records] == [
        (None, "noise"),
        (keys[0], "a test"),
    ]
    assert POISON not in json.dumps(records)
    assert "noise" in hooks("dlq", "dropped").out
    assert deployed.rows.get(keys[0])["status"] == "failed"


def test_a_letter_is_recorded_before_it_is_deleted(
    deployed: Deployment, hooks: Hooks, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ids(hooks)[keys[0]]
    client = Stack.client

    def crashing(stack: Stack, service: str) -> Any:
        made = client(stack, service)
        if service != "sqs":
            return made
        crash = Mock(side_effect=KeyboardInterrupt)
        return Mock(wraps=made, delete_message=crash)

    with monkeypatch.context() as patched:
        patched.setattr(Stack, "client", crashing)
        assert hooks("dlq", "drop", chosen, "--reason", "x").code == 130
    assert deployed.depth("dead-letters") == 3, "put back"
    assert [one["key"] for one in hooks("dlq", "dropped", "--json").json] == [keys[0]]
    assert hooks("dlq", "drop", chosen, "--reason", "x").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["no-such-id", "--reason", "x"], 1), (["123456"], 2), (["12", "--reason", "x"], 2)],
)
def test_a_letter_must_be_named(
    deployed: Deployment, hooks: Hooks, keys: list[str], arguments: list[str], code: int
) -> None:
    assert hooks("dlq", "drop", *arguments).code == code
    assert deployed.depth("dead-letters") == 3


def test_redrive_leaves_poison_behind_and_is_recorded(
    deployed: Deployment, hooks: Hooks, keys: list[str]
) -> None:
    hooks("dismiss", keys[0], "--reason", "wrong for good")
    preview = hooks("dlq", "redrive", "--all", "--dry-run", "--json").json
    assert (preview["dead_letters"], preview["left"]) == (1, 2)
    done = hooks("dlq", "redrive", "--all", "--rate", "500", "--reason", "mended", "--json").json
    assert (done["moved"], done["left"], done["way"]) == (1, 2, "one by one")
    assert ids(hooks).keys() == {keys[0], None}
    [replay] = hooks("show", keys[1], "--json").json["replays"]
    assert (replay["reason"], replay["was"]) == ("mended", "failed")
    assert "2 stay" in hooks("dlq", "redrive", "--all").out
    assert hooks("dlq", "redrive", "--kind", "sms.sent", "--json").json["left"] == 1
