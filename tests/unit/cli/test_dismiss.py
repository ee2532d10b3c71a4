"""`hooks dismiss`: an operator settles an event for good, and can take it back."""

from typing import Any

import pytest

from ledger.events import Ledger
from tests.support.fakes import aws_error
from tests.support.ledger_rows import BODY
from tests.support.program import Deployment, Hooks

BECAUSE = ("--reason", "wrong number")


@pytest.mark.parametrize("status", ["failed", "stuck", "unhandled", "quarantined"])
def test_event_that_waits_for_a_person_is_dismissed(
    deployed: Deployment, hooks: Hooks, status: str
) -> None:
    key = deployed.rows.put("sms.sent:1", status, error="ledger-unavailable")
    assert hooks("dismiss", key, *BECAUSE, "--dry-run").code == 0
    assert deployed.rows.get(key)["status"] == status
    ran = hooks("dismiss", key, *BECAUSE, "--json")
    assert (ran.code, ran.json["dismissed"]) == (0, 1)
    assert ran.json["events"] == [{"key": key, "outcome": "dismissed", "was": status, "note": None}]
    event = hooks("show", key, "--json").json
    assert (event["status"], event["error"]) == ("dismissed", "ledger-unavailable")
    [decision] = event["dismissals"]
    assert (decision["reason"], decision["was"]) == ("wrong number", status)
    assert "wrong number" in hooks("show", key).out
    assert [one["key"] for one in hooks("events", "--status", "dismissed", "--json").json] == [key]
    assert hooks("events", "--status", status, "--json").json == []


@pytest.mark.parametrize("status", ["received", "processed", "dismissed"])
def test_event_that_does_not_wait_is_skipped(
    deployed: Deployment, hooks: Hooks, status: str
) -> None:
    key = deployed.rows.put("sms.sent:1", status)
    ran = hooks("dismiss", key, *BECAUSE, "--json")
    assert (ran.code, ran.json["skipped"]) == (1, 1)
    assert deployed.rows.get(key)["status"] == status


def test_a_replay_takes_it_back(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put("sms.sent:1", "failed", body=BODY)
    hooks("dismiss", key, *BECAUSE)
    ran = hooks("replay", "--status", "dismissed", "--reason", "it was right", "--json")
    assert (ran.code, ran.json["events"][0]["was"]) == (0, "dismissed")
    event = hooks("show", key, "--json").json
    assert (event["status"], len(event["dismissals"])) == ("received", 1)


def test_a_dismissed_quarantine_can_be_replayed(deployed: Deployment, hooks: Hooks) -> None:
    key = deployed.rows.put("quarantined:sha256-1", "quarantined", body=BODY)
    hooks("dismiss", key, *BECAUSE)
    [replayed] = hooks("replay", key, "--reason", "readable now", "--json").json["events"]
    assert (replayed["outcome"], replayed["replayed_as"]) == ("replayed", "sms.sent:1")
    assert hooks("show", key, "--json").json["replayed_as"] == "sms.sent:1"
    odd = deployed.rows.put("no.such:1", "unhandled", body=BODY)
    hooks("dismiss", odd, *BECAUSE)
    assert hooks("replay", odd, "--reason", "x", "--json").json["skipped"] == 1


def test_a_failure_is_an_outcome(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deployed.rows.put("sms.sent:1", "failed")
    ran = hooks("dismiss", key, "sms.sent:none", *BECAUSE, "--json")
    assert (ran.code, ran.json["dismissed"], ran.json["failed"]) == (1, 1, 1)
    other = deployed.rows.put("sms.sent:2", "failed")
    monkeypatch.setattr(Ledger, "dismiss", lambda *_: False)
    assert "meanwhile" in hooks("dismiss", other, *BECAUSE).out

    def refuse(*_: Any) -> Any:
        raise aws_error("AccessDeniedException")

    monkeypatch.setattr(Ledger, "dismiss", refuse)
    assert "AccessDenied" in hooks("dismiss", other, *BECAUSE).out


@pytest.mark.parametrize("arguments", [["k:1"], [], ["k:1", "--reason", " "], ["--reason", "x"]])
def test_key_and_reason_are_needed(hooks: Hooks, arguments: list[str]) -> None:
    assert hooks("dismiss", *arguments).code == 2
