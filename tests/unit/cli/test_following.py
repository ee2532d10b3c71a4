"""`hooks tail` and the filters of `hooks events` that look into events."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.reading import events as listing
from cli.reading import table
from cli.reading.events import Wanted
from cli.reading.following import Follower
from cli.stack import find
from tests.support.fakes import aws_error
from tests.support.ledger_rows import ago
from tests.support.program import Deployment, Hooks

NUMBER = "+14155559876"


def body(**data: Any) -> bytes:
    return json.dumps({"event": "sms.sent", "data": data}).encode()


def set_status(deployed: Deployment, key: str, status: str, **more: Any) -> None:
    deployed.rows.put(key, status, received_at=deployed.rows.get(key)["received_at"], **more)


def test_a_follower_returns_arrivals_and_changes_once(deployed: Deployment) -> None:
    old = deployed.rows.put("sms.sent:old", received_at=ago(hours=3))
    deployed.rows.put("sms.sent:done", "failed", received_at=ago(hours=2))
    follower = Follower(find(None, None, None), Wanted())
    assert follower.poll() == []
    new = deployed.rows.put("sms.sent:new", received_at=ago(seconds=-1))
    assert [(one["key"], one["state"]) for one in follower.poll()] == [(new, "received")]
    assert follower.poll() == []
    set_status(deployed, new, "received", error="ledger-unavailable", attempts=1)
    set_status(deployed, old, "failed", error="ledger-unavailable")
    changed = {one["key"]: one["state"] for one in follower.poll()}
    assert changed == {new: "retrying", old: "failed"}
    set_status(deployed, new, "stuck")
    assert [one["state"] for one in follower.poll()] == ["stuck"]
    assert follower.poll() == []


def test_a_follower_selects(deployed: Deployment) -> None:
    wanted = Wanted("failed", "sms.sent", datetime.now(UTC) - timedelta(hours=1), None, NUMBER)
    follower = Follower(find(None, None, None), wanted)
    deployed.rows.put("sms.sent:1", "failed", body=body(to="14155559876"))
    deployed.rows.put("sms.sent:2", "failed", body=body(to="14155550000"))
    deployed.rows.put("sms.sent:3", "stuck", body=body(to="14155559876"))
    deployed.rows.put("call.missed:4", "failed", body=body(to="14155559876"))
    assert [one["key"] for one in follower.poll()] == ["sms.sent:1"]
    assert follower.poll() == []


def test_a_failed_poll_loses_nothing(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    follower = Follower(find(None, None, None), Wanted(since=since, text="hello"))
    key = deployed.rows.put("sms.sent:1", body=body(text="Hello"))

    def throttle(*_: Any) -> Any:
        raise aws_error("ThrottlingException")

    with monkeypatch.context() as patched:
        patched.setattr("cli.reading.searching.matching", throttle)
        with pytest.raises(ClientError):
            follower.poll()
    assert [one["key"] for one in follower.poll()] == [key]


@pytest.fixture
def two_polls(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Callable[[], Any]]], None]:
    """Return what ends `tail` with Ctrl-C after some polls, each after a step."""

    def after(steps: list[Callable[[], Any]]) -> None:
        def sleep(_seconds: float) -> None:
            if not steps:
                raise KeyboardInterrupt
            steps.pop(0)()

        monkeypatch.setattr("cli.tailing.time.sleep", sleep)

    return after


@pytest.mark.parametrize("command", [["tail"], ["events", "--follow"]])
def test_tail_prints_a_line_for_each(
    deployed: Deployment, hooks: Hooks, two_polls: Any, command: list[str]
) -> None:
    deployed.rows.put("sms.sent:1", "failed", error="ledger-unavailable")
    two_polls([lambda: deployed.rows.put("sms.sent:2", received_at=ago(seconds=1))])
    ran = hooks(*command, "--json", "--since", "1h")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, [one["key"] for one in lines]) == (130, ["sms.sent:1", "sms.sent:2"])
    two_polls([])
    shown = hooks(*command, "--since", "1h", "--status", "failed").out
    assert "failed       sms.sent:1  DynamoDB refused or did not answer.\n" in shown
    assert "sms.sent:2" not in shown


def test_tail_outlives_a_failure_of_aws(
    deployed: Deployment, hooks: Hooks, two_polls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.rows.put("sms.sent:1")
    brief, failures = table.brief, [aws_error("ThrottlingException")]

    def failing(*arguments: Any) -> Any:
        if arguments[1] and failures:
            raise failures.pop()
        return brief(*arguments)

    monkeypatch.setattr(table, "brief", failing)
    two_polls([lambda: None])
    ran = hooks("tail", "--json", "--since", "1h")
    assert ("ThrottlingException" in ran.err, "sms.sent:1" in ran.out) == (True, True)


def test_an_event_is_forgotten_and_not_returned_again(deployed: Deployment) -> None:
    now = datetime.now(UTC)
    follower = Follower(find(None, None, None), Wanted(since=now - timedelta(hours=1)))
    deployed.rows.put("sms.sent:1", "failed", received_at=ago(minutes=5))
    assert [len(follower.poll()) for _ in range(4)] == [1, 0, 0, 0]


# ------------------------------------------------------------------ filters


def test_number_finds_every_spelling(deployed: Deployment, hooks: Hooks) -> None:
    put = deployed.rows.put
    found = {
        put("sms.sent:1", entry={"number": NUMBER}),
        put("sms.sent:2", "failed", body=body(to="1 (415) 555-9876")),
        put("sms.sent:3", "stuck", body=body(nested=[{"contact_number": 14155559876}])),
    }
    put("sms.sent:4", "failed", body=body(to="+14155550000", text="call 14155559876 now"))
    put("sms.sent:5", "quarantined", body=b"\xff")
    listed = hooks("events", "--number", "+1 415 555 9876", "--json").json
    assert {one["key"] for one in listed} == found
    assert hooks("events", "--number", "1", "--json").json == []


def test_text_is_looked_for_in_values(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put("sms.sent:1", "failed", body=body(text="Grüße aus KÖLN", n=5))
    raw = deployed.rows.put("sms.sent:2", "quarantined", body=b"no json, k\xc3\xb6ln")
    for _ in range(2):
        listed = hooks("events", "--text", "köln", "--json").json
        assert {one["key"] for one in listed} == {key, raw}
    assert hooks("events", "--text", "event", "--json").json == []
    assert len(hooks("events", "--text", "köln", "--status", "failed", "--json").json) == 1


def test_a_search_ends_in_time_and_continues(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_MAX_SEARCHED", 2)
    for number in range(8):
        deployed.rows.put(f"sms.sent:{number}", "failed", received_at=ago(minutes=number), body=body(n=f"n{number}"))  # fmt: skip
    assert hooks("events", "--text", "n7", "--json").json[0]["key"] == "sms.sent:7"
    monkeypatch.setattr(listing, "MAX_SECONDS", -1.0)
    found, arguments = [], ["events", "--text", "n7", "--json", "--status", "failed"]
    ran = hooks(*arguments)
    for _ in range(10):
        found += ran.json
        if "--before" not in ran.err:
            break
        ran = hooks(*arguments, "--before", ran.err.split()[-1])
    assert [one["key"] for one in found] == ["sms.sent:7"]
