"""Reading events: one by its key, and all that are open."""

from typing import Any

import pytest

from aws import clients
from errors import BodyMissing, LedgerUnavailable
from justcall.event import QUARANTINED
from ledger import queries, schema
from ledger.events import Ledger
from ledger.sweeping import OpenEvent, OpenEvents
from tests.support.fakes import StubClient, aws_error
from tests.support.faults import World
from tests.unit.ledger.conftest import KEY, NOW, TABLE, event, noise

SIZES = {"one item": b"{}", "in parts": noise(1_048_576)}


@pytest.fixture
def open_events(deployed: World) -> OpenEvents:
    return OpenEvents(clients.dynamodb, TABLE)


@pytest.mark.parametrize("content", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("happened", [None, "2026-03-12T14:30:00.000Z"])
def test_event_is_read_as_it_was_kept(
    ledger: Ledger, open_events: OpenEvents, content: bytes, happened: str | None
) -> None:
    """Evidence of a conflict in the same partition is not taken for its body."""
    kept = event(content, event_time=happened)
    ledger.keep(kept)
    ledger.keep_evidence(event(noise(500_000)))
    assert queries.event(clients.dynamodb, TABLE, KEY) == kept
    assert open_events.load(KEY) == kept


@pytest.mark.usefixtures("deployed")
def test_event_that_is_not_there_has_no_body() -> None:
    with pytest.raises(BodyMissing):
        queries.event(clients.dynamodb, TABLE, KEY)


def test_event_that_is_no_longer_open_is_not_loaded(
    ledger: Ledger, open_events: OpenEvents
) -> None:
    """It was finished or given up between the list and the look."""
    assert open_events.load(KEY) is None
    ledger.keep(event())
    ledger.give_up(KEY, NOW)
    assert open_events.load(KEY) is None


def test_open_events_are_listed_with_what_the_verdict_needs(
    ledger: Ledger, open_events: OpenEvents
) -> None:
    ledger.keep(event())
    ledger.keep(event(key="sms.sent:2:3", received_at=NOW + 1))
    ledger.take("sms.sent:2:3", 0, NOW + 90)
    ledger.keep(event(key="quarantined:4", status=QUARANTINED))
    ledger.keep(event(key="sms.sent:5"))
    ledger.give_up("sms.sent:5", NOW)
    assert sorted(open_events.all(10)) == [
        OpenEvent(KEY, "call.completed", NOW, NOW, 0),
        OpenEvent("sms.sent:2:3", "sms.sent", NOW + 1, NOW + 90, 1),
    ]


def test_oldest_open_events_of_each_shard_are_listed(
    ledger: Ledger, open_events: OpenEvents
) -> None:
    """All shards are read, each up to the limit."""
    kept = [event(key=f"call.completed:{n}", received_at=NOW - n) for n in range(200)]
    for one in kept:
        ledger.keep(one)
    assert {one.key for one in open_events.all(200)} == {one.key for one in kept}
    oldest = {schema.shard(one.key): one.key for one in kept}
    assert {one.key for one in open_events.all(1)} == set(oldest.values())


def test_every_page_of_a_query_is_read() -> None:
    """DynamoDB ends a page at 1 MB, which the small AWS does not."""
    client: Any = StubClient(query=[{"Items": [{"n": 1}]}, {}, {"Items": [{"n": 2}]}])
    assert queries.rows(lambda: client) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    "read",
    [
        lambda client: OpenEvents(client, TABLE).load(KEY),
        lambda client: list(OpenEvents(client, TABLE).all(1)),
        lambda client: queries.event(client, TABLE, KEY),
    ],
    ids=["load", "all", "event"],
)
def test_page_that_cannot_be_read_is_unavailable(read: Any) -> None:
    """Never an empty or a shorter answer."""
    client = StubClient(query=[{"Items": []}, aws_error("ThrottlingException")])
    with pytest.raises(LedgerUnavailable):
        read(lambda: client)
