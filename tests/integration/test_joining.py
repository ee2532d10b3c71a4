"""Order is by the event's own time: late news overwrite nothing, and an early update finds its call."""

import itertools
from typing import Any

import pytest

from errors import LedgerUnavailable
from handler.app import handler
from justcall.catalogue import TYPES
from justcall.timeline import joined
from ledger.joining import Joining
from messaging import consumer
from tests.support import samples
from tests.support.cloud import Cloud, Item
from tests.support.deliveries import request
from tests.support.fakes import aws_error

NUMBER = "+14155559876"
CALL = samples.CALL_COMPLETED
KEY = "call.completed:call_8f3a2b1c"


def update(minute: int, **data: Any) -> samples.Document:
    """Return an update that says nothing but the call's id and what is new."""
    return {
        "event": "call.updated",
        "timestamp": f"2026-03-12T14:{minute}:00Z",
        "data": {"call_id": "call_8f3a2b1c", **data},
    }


def arrive(cloud: Cloud, *documents: samples.Document) -> None:
    """Let documents come and be processed one after the other."""
    for document in documents:
        assert handler(request(samples.body(document)), None)["statusCode"] == 200
        assert cloud.poll(TYPES[document["event"]]) == []


def timeline(cloud: Cloud, number: str = NUMBER) -> list[Item]:
    return joined(cloud.timeline(number))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_the_newest_news_win_in_any_order_of_arrival(cloud: Cloud, order: tuple[int, ...]) -> None:
    """A call and two updates are one entry, which says what the latest event said, by its own time."""
    events = [CALL, update(40, notes="first"), update(50, notes="second", disposition="Lost")]
    arrive(cloud, *(events[number] for number in order))
    [entry] = timeline(cloud)
    assert (entry["notes"], entry["disposition"]) == ("second", "Lost")
    assert (entry["outcome"], entry["duration_seconds"]) == ("completed", 185)
    assert (entry["at"], entry["number"]) == ("2026-03-12T14:30:00.000Z", NUMBER)
    assert [one["type"] for one in entry["events"]] == ["call.completed"] + ["call.updated"] * 2
    assert set(cloud.statuses().values()) == {"processed"}


def test_an_update_waits_for_its_call(cloud: Cloud) -> None:
    """Until then it is kept and visible, on nobody's timeline."""
    arrive(cloud, update(40, notes="early"))
    assert timeline(cloud) == []
    [waiting] = timeline(cloud, "pending:call:call_8f3a2b1c")
    assert waiting["notes"] == "early"
    arrive(cloud, CALL)
    assert timeline(cloud, "pending:call:call_8f3a2b1c") == []
    [entry] = timeline(cloud)
    assert entry["notes"] == "early"
    [contact] = {item["contact"] for item in cloud.items() if item.get("type") == "call.updated"}
    assert contact == NUMBER


def test_a_call_without_a_number(cloud: Cloud) -> None:
    """What tells of it stands together, on a timeline of its own: it is nobody's, but one thing."""
    arrive(cloud, samples.changed(CALL, from_=None), update(40, notes="late"))
    [entry] = timeline(cloud, "pending:call:call_8f3a2b1c")
    assert (entry["notes"], entry["outcome"]) == ("late", "completed")
    assert timeline(cloud, "unknown") == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_a_call_that_tells_its_number_late(cloud: Cloud, order: tuple[int, ...]) -> None:
    """Whatever came without the number stands with the event that has it, in any order of arrival."""
    answered = {
        "event": "call.answered",
        "timestamp": "2026-03-12T14:29:00Z",
        "data": {"call_id": "call_8f3a2b1c"},
    }
    withheld = samples.changed(samples.CALL_MISSED, call_id="call_8f3a2b1c", from_=None)
    events = [answered, update(40, notes="said"), withheld, CALL]
    arrive(cloud, *(events[number] for number in order))
    [entry] = timeline(cloud)
    assert (entry["notes"], entry["number"]) == ("said", NUMBER)
    assert len(entry["events"]) == 4
    assert {item["contact"] for item in cloud.items() if "contact" in item} == {NUMBER}
    assert timeline(cloud, "unknown") == timeline(cloud, "pending:call:call_8f3a2b1c") == []


def test_a_call_that_appears_meanwhile_is_found(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update looked too early; its commit is refused, and at its next try it finds the call."""
    blind = monkeypatch.context
    handler(request(samples.body(update(40, notes="early"))), None)
    with blind() as patched:
        patched.setattr(Joining, "number_of", lambda *_: arrive(cloud, CALL))
        assert len(cloud.poll("call.updated")) == 1
    [failed] = [item for item in cloud.items() if item.get("error")]
    assert failed["error"] == "call-appeared"
    assert cloud.poll("call.updated") == []
    assert [entry["notes"] for entry in timeline(cloud)] == ["early"]


def test_a_call_that_dies_before_it_looks_looks_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message comes back; it finds itself processed, and takes along what waited."""
    arrive(cloud, update(40, notes="early"))
    handler(request(samples.body(CALL)), None)

    def fail(*_: object) -> None:
        raise LedgerUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(Joining, "adopt", fail)
        assert len(cloud.poll("call.completed")) == 1
    assert cloud.ledger(KEY)["status"] == "processed"
    assert cloud.poll("call.completed") == []
    assert [entry["notes"] for entry in timeline(cloud)] == ["early"]


@pytest.mark.parametrize("operation", ["batch_get_item", "query", "transact_write_items"])
def test_a_table_that_refuses(
    cloud: Cloud, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken for done, and nothing for absent."""
    arrive(cloud, update(40, notes="early"))
    joining = consumer._tables().joining

    def refuse(**_: object) -> None:
        raise aws_error("ProvisionedThroughputExceededException")

    monkeypatch.setattr(cloud.dynamodb, operation, refuse)
    look = {"batch_get_item": lambda: joining.number_of("call:call_8f3a2b1c")}
    with pytest.raises(LedgerUnavailable):
        look.get(operation, lambda: joining.adopt("call:call_8f3a2b1c", NUMBER))()


def test_half_an_answer_is_none(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttled read that leaves keys out does not prove that there is no call."""
    monkeypatch.setattr(
        cloud.dynamodb, "batch_get_item", lambda **_: {"UnprocessedKeys": {"events": {}}}
    )
    with pytest.raises(LedgerUnavailable):
        consumer._tables().joining.number_of("call:call_8f3a2b1c")


def test_an_update_whose_ledger_item_is_gone_joins_all_the_same(cloud: Cloud) -> None:
    """Its days on the ledger ended before its call came; the call is not held up by that."""
    arrive(cloud, update(40, notes="early"))
    [key] = cloud.statuses()
    cloud.forget(key)
    arrive(cloud, CALL)
    assert timeline(cloud, "pending:call:call_8f3a2b1c") == []
    assert [entry["notes"] for entry in timeline(cloud)] == ["early"]
    assert key not in cloud.statuses()


def test_what_somebody_else_moved_is_not_moved_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that take an update along at once leave one entry; one that a replay took stays away."""
    arrive(cloud, update(40, notes="early"))
    joining = consumer._tables().joining
    seen = joining._waiting("call:call_8f3a2b1c")
    arrive(cloud, CALL)
    before = timeline(cloud)
    monkeypatch.setattr(Joining, "_waiting", lambda *_: seen)
    assert joining.adopt("call:call_8f3a2b1c", NUMBER) == 1
    assert timeline(cloud) == before
