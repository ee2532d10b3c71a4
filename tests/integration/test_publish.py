"""`hooks publish` on a table, and a bus that moto keeps in memory."""

import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventsBackend

from tests.support.program import Deployment, Hooks, client, deployed, hooks, local, place

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures

CALL = {"subjects": ["call:c1"], "outcome": "completed"}
BODY = b'{"event": "call.completed", "data": {}}'


class Bus:
    """Moto's bus. It notes the entries, because moto's rules need a package that is not here."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client("events").create_event_bus(Name="hooks")
        self._entries: list[Any] = []
        put = EventsBackend.put_events

        def noting(backend: EventsBackend, events: list[dict[str, Any]]) -> Any:
            self._entries += events
            return put(backend, events)

        monkeypatch.setattr(EventsBackend, "put_events", noting)

    def received(self) -> list[Any]:
        assert {one["EventBusName"] for one in self._entries} <= {"hooks"}
        return [json.loads(one["Detail"]) for one in self._entries]


@pytest.fixture
def bus(
    deployed: Deployment, local: dict[str, Any], place: Path, monkeypatch: pytest.MonkeyPatch
) -> Bus:
    place.write_text(json.dumps(local | {"event_bus": "hooks"}))
    return Bus(monkeypatch)


def test_key_is_published_with_its_call(hooks: Hooks, deployed: Deployment, bus: Bus) -> None:
    key = deployed.rows.put("call.completed:c1", body=BODY, entry=CALL)
    ran = hooks("publish", key, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["published"] == 1
    [event] = bus.received()
    assert event["id"] == f"{key}#1"
    assert event["source"] == "urn:justcall-hooks:hooks"
    assert event["data"]["call"]["ids"] == ["c1"]


def test_since_selects_processed_events(hooks: Hooks, deployed: Deployment, bus: Bus) -> None:
    deployed.rows.put("call.completed:c1", body=BODY, entry=CALL)
    deployed.rows.put("call.completed:c2", body=BODY, entry={"subjects": ["call:c2"]})
    deployed.rows.put("call.completed:c3", status="failed", body=BODY)
    ran = hooks("publish", "--since", "1h", "--yes", "--json")
    assert ran.code == 0, ran.err
    keys = {one["data"]["event"]["key"] for one in bus.received()}
    assert keys == {"call.completed:c1", "call.completed:c2"}


def test_dry_run_counts_and_publishes_nothing(hooks: Hooks, deployed: Deployment, bus: Bus) -> None:
    deployed.rows.put("call.completed:c1", body=BODY, entry=CALL)
    before = deployed.rows.everything()
    ran = hooks("publish", "--since", "1h", "--dry-run")
    assert ran.code == 0, ran.err
    assert "Nothing was published. It would be: 1 published" in ran.out
    assert bus.received() == []
    assert deployed.rows.everything() == before


def test_unprocessed_and_unknown_events_are_not_published(
    hooks: Hooks, deployed: Deployment, bus: Bus
) -> None:
    key = deployed.rows.put("call.completed:c1", status="failed", body=BODY)
    ran = hooks("publish", key, "call.completed:none", "--json")
    assert ran.code == 1
    assert [one["outcome"] for one in ran.json["events"]] == ["skipped", "failed"]
    assert bus.received() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Which events?"),
        (("call.completed:c1", "--since", "1h"), "not both"),
    ],
    ids=["nothing", "both"],
)
def test_unclear_selection_is_refused(
    hooks: Hooks, bus: Bus, arguments: tuple[str, ...], message: str
) -> None:
    ran = hooks("publish", *arguments)
    assert ran.code == 2
    assert message in ran.message


def test_no_events_is_exit_code_1(hooks: Hooks, bus: Bus) -> None:
    assert hooks("publish", "--since", "1h").code == 1


def test_stack_without_a_bus_says_how_to_get_one(hooks: Hooks, deployed: Deployment) -> None:
    ran = hooks("publish", "call.completed:c1")
    assert ran.code == 2
    assert "EventBus=on" in ran.message
