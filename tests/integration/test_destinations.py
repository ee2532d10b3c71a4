"""`hooks destinations`, `deliveries` and `replay --to`, with the sender on the same table and queue."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from aws import clients
from deliverer import app, timer
from deliveries import backoff, places
from tests.support.destinations import lambda_records, verified
from tests.support.faults import Context
from tests.support.ledger_rows import QUEUES
from tests.support.program import Deployment, Hooks, add_deliveries, deployed, hooks, local, place

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures

BODY = b'{"event": "call.completed", "data": {}}'
CALL = {"subjects": ["call:c1"], "outcome": "completed", "direction": "inbound"}
QUEUE = f"{QUEUES}deliveries"


class Arrived(NamedTuple):
    url: str
    headers: Mapping[str, str]
    body: bytes


class Server:
    """Answers every POST of the sender."""

    def __init__(self) -> None:
        self.status = 200
        self.arrived: list[Arrived] = []

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str]]:
        self.arrived.append(Arrived(url, headers, body))
        return self.status, {}


class Delivering:
    """A stack with HTTP deliveries, whose sender runs when a test says so."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.server = Server()
        self._sqs = deployment.sqs

    def put_call(self) -> str:
        """Put a processed call on the ledger; return its key."""
        return self.deployment.rows.put("call.completed:c1", body=BODY, entry=CALL)

    def send(self) -> None:
        """Let the sender work until its queue is empty."""
        while received := self._sqs.receive_message(
            QueueUrl=QUEUE, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", []):
            answer = app.handler({"Records": lambda_records(received)}, None)
            assert answer == {"batchItemFailures": []}
            for one in received:
                self._sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=one["ReceiptHandle"])


@pytest.fixture
def delivering(
    deployed: Deployment, local: dict[str, Any], place: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Delivering]:
    described = add_deliveries(local, place)
    for name, value in {
        "EVENTS_TABLE": local["events_table"],
        "RETENTION_DAYS": "2",
        "DELIVERIES_QUEUE_URL": QUEUE,
        "DELIVERY_SECRET_ARN": described["delivery_secret"],
    }.items():
        monkeypatch.setenv(name, value)
    made = Delivering(deployed)
    monkeypatch.setattr(app, "posting", lambda _room: made.server.post)
    _forget()
    yield made
    _forget()


def _forget() -> None:
    app._ports.cache_clear()
    timer._ports.cache_clear()
    clients._client.cache_clear()
    clients._session.cache_clear()


def added(hooks: Hooks, name: str = "crm", *more: str) -> str:
    ran = hooks("destinations", "add", name, "https://crm.example/hook", *more, "--json")
    assert ran.code == 0, ran.err
    secret: str = ran.json["secret"]
    return secret


def listed(hooks: Hooks) -> list[Any]:
    rows: list[Any] = hooks("destinations", "list", "--json").json
    return rows


def test_added_destination_gets_signed_events(hooks: Hooks, delivering: Delivering) -> None:
    secret = added(hooks)
    key = delivering.put_call()
    assert hooks("replay", "--to", "crm", key).code == 0
    delivering.send()
    [arrived] = delivering.server.arrived
    assert arrived.url == "https://crm.example/hook"
    assert json.loads(arrived.body)["id"] == f"{key}#1"
    assert verified(arrived.headers, arrived.body, secret)
    [row] = listed(hooks)
    assert (row["state"], row["success_rate"], row["delivered"]) == ("healthy", 1.0, 1)


def test_secret_is_shown_once_and_is_not_in_the_table(hooks: Hooks, delivering: Delivering) -> None:
    secret = added(hooks)
    assert secret not in hooks("destinations", "list").out
    assert secret not in hooks("destinations", "list", "--json").out
    assert secret not in str(delivering.deployment.rows.everything())


def test_rotation_signs_with_both_until_the_overlap_ends(
    hooks: Hooks, delivering: Delivering
) -> None:
    old = added(hooks)
    new = hooks("destinations", "rotate", "crm", "--json").json["secret"]
    key = delivering.put_call()
    hooks("replay", "--to", "crm", key)
    delivering.send()
    [arrived] = delivering.server.arrived
    assert new != old
    assert verified(arrived.headers, arrived.body, new)
    assert verified(arrived.headers, arrived.body, old)
    third = hooks("destinations", "rotate", "crm", "--overlap", "0s", "--json").json["secret"]
    _forget()
    hooks("replay", "--to", "crm", key)
    delivering.send()
    arrived = delivering.server.arrived[-1]
    assert verified(arrived.headers, arrived.body, third)
    assert not verified(arrived.headers, arrived.body, new)


def test_two_destinations_have_two_secrets(hooks: Hooks, delivering: Delivering) -> None:
    assert added(hooks, "one") != added(hooks, "two")
    assert [one["name"] for one in listed(hooks)] == ["one", "two"]


def test_replay_reaches_only_its_destination_and_respects_its_filters(
    hooks: Hooks, delivering: Delivering
) -> None:
    added(hooks, "crm", "--kinds", "call.missed")
    added(hooks, "all")
    key = delivering.put_call()
    assert hooks("replay", "--to", "all", "--since", "1h", "--json").json["sent"] == 1
    ran = hooks("replay", "--to", "crm", "--since", "1h", "--json")
    assert (ran.code, ran.json["skipped"]) == (1, 1)
    delivering.send()
    assert len(delivering.server.arrived) == 1
    assert hooks("show", key, "--json").json["status"] == "processed"


def test_replay_dry_run_sends_nothing(hooks: Hooks, delivering: Delivering) -> None:
    added(hooks)
    delivering.put_call()
    assert "Nothing was sent" in hooks("replay", "--to", "crm", "--since", "1h", "--dry-run").out
    delivering.send()
    assert delivering.server.arrived == []


def test_replay_clears_what_was_given_up(hooks: Hooks, delivering: Delivering) -> None:
    """The id is the same, so the delivery that was given up is the one that arrives now."""
    added(hooks)
    key = delivering.put_call()
    delivering.server.status = 500
    hooks("replay", "--to", "crm", key)
    delivering.send()
    [waiting] = hooks("deliveries", "--json").json
    assert (waiting["state"], waiting["error"], waiting["key"]) == ("waiting", "status-500", key)
    assert hooks("deliveries", "--failed", "--json").json == []
    assert listed(hooks)[0]["state"] == "failing"
    delivering.server.status = 200
    hooks("replay", "--to", "crm", key)
    delivering.send()
    assert hooks("deliveries", "--json").json == []
    assert listed(hooks)[0]["state"] == "healthy"


def test_delivery_that_was_given_up_is_listed(
    hooks: Hooks, delivering: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "MAX_ATTEMPTS", 1)
    added(hooks)
    key = delivering.put_call()
    delivering.server.status = 400
    hooks("replay", "--to", "crm", key)
    delivering.send()
    [failed] = hooks("deliveries", "--failed", "--json").json
    assert (failed["state"], failed["attempts"], failed["key"]) == ("given up", 1, key)
    assert key in hooks("deliveries", "--failed", "--to", "crm").out
    assert listed(hooks)[0]["given_up"] == 1


def test_paused_destination_gets_its_events_when_resumed(
    hooks: Hooks, delivering: Delivering
) -> None:
    added(hooks)
    assert hooks("destinations", "pause", "crm").code == 0
    key = delivering.put_call()
    hooks("replay", "--to", "crm", key)
    delivering.send()
    assert delivering.server.arrived == []
    assert (listed(hooks)[0]["state"], listed(hooks)[0]["waiting"]) == ("paused", 1)
    assert hooks("destinations", "resume", "crm").code == 0
    timer.handler({}, Context())
    _forget()  # a sender reads destinations every five seconds
    delivering.send()
    assert len(delivering.server.arrived) == 1


def test_removed_destination_leaves_nothing(hooks: Hooks, delivering: Delivering) -> None:
    added(hooks)
    key = delivering.put_call()
    delivering.server.status = 500
    hooks("replay", "--to", "crm", key)
    delivering.send()
    assert hooks("destinations", "remove", "crm").code == 0
    assert listed(hooks) == []
    everything = str(delivering.deployment.rows.everything())
    assert places.partition("crm") not in everything
    assert "crm.example" not in everything
    again = added(hooks)
    assert again


def test_test_event_is_answered(
    hooks: Hooks, delivering: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = added(hooks)
    clock = SimpleNamespace(time=time.time, sleep=lambda _seconds: delivering.send())
    monkeypatch.setattr("cli.destinations.time", clock)
    ran = hooks("destinations", "test", "crm", "--json")
    assert (ran.code, ran.json["delivered"], ran.json["status"]) == (0, True, "200")
    [arrived] = delivering.server.arrived
    assert verified(arrived.headers, arrived.body, secret)
    assert json.loads(arrived.body)["type"] == "justcall.test.v1"
    delivering.server.status = 404
    ran = hooks("destinations", "test", "crm", "--json")
    assert (ran.code, ran.json["reason"]) == (1, "status-404")
    assert listed(hooks)[0]["state"] == "healthy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "CRM", "https://x.example/"), "1 to 40 letters"),
        (("add", "a#b", "https://x.example/"), "1 to 40 letters"),
        (("add", "crm", "http://x.example/"), "begin with https://"),
        (("add", "crm", "http://127.0.0.1/"), "begin with https://"),
        (("add", "crm", "https://user:pw@x.example/"), "begin with https://"),
        (("add", "crm", "https://x.example/", "--kinds", "call.nothing"), "There is no kind"),
        (("add", "crm", "https://x.example/", "--direction", "up"), "inbound or outbound"),
        (("rotate", "there", "--overlap", "31d"), "maximum"),
    ],
)
def test_mistake_is_explained_and_changes_nothing(
    hooks: Hooks, delivering: Delivering, arguments: tuple[str, ...], message: str
) -> None:
    added(hooks, "there")
    before = delivering.deployment.rows.everything()
    ran = hooks("destinations", *arguments)
    assert (ran.code, message in ran.message) == (2, True), ran.message
    assert delivering.deployment.rows.everything() == before


def test_second_add_of_a_name_is_refused(hooks: Hooks, delivering: Delivering) -> None:
    added(hooks)
    ran = hooks("destinations", "add", "crm", "https://x.example/")
    assert (ran.code, "exists" in ran.message) == (2, True)


@pytest.mark.parametrize("command", ["test", "pause", "resume", "remove", "rotate"])
def test_unknown_destination_is_exit_code_1(
    hooks: Hooks, delivering: Delivering, command: str
) -> None:
    ran = hooks("destinations", command, "crm")
    assert (ran.code, "no destination crm" in ran.message) == (1, True)


def test_stack_without_deliveries_says_how_to_get_them(hooks: Hooks, deployed: Deployment) -> None:
    for arguments in (("destinations", "list"), ("deliveries",)):
        ran = hooks(*arguments)
        assert (ran.code, "HttpDeliveries=on" in ran.message) == (2, True)


def test_replay_to_needs_events(hooks: Hooks, delivering: Delivering) -> None:
    added(hooks)
    assert "Which events?" in hooks("replay", "--to", "crm").message
    ran = hooks("replay", "--to", "crm", "--since", "1h", "--status", "failed")
    assert "Only processed events" in ran.message
    assert hooks("replay", "--to", "crm", "--since", "1h").code == 1
