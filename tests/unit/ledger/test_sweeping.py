"""The sweeper's reads and writes: what AWS is asked. On AWS itself see tests/integration."""

from collections.abc import Callable
from typing import Any

import pytest

from errors import LedgerUnavailable
from justcall.event import Event
from ledger import schema
from ledger.sweeping import DIED, OpenEvent, State, SweepLedger, event_of
from messaging.backlog import DeadLetter
from tests.support.fakes import StubClient, aws_error

NOW = 1_773_326_401.25
MOMENT = "2026-03-12T14:40:01.250Z"
KEY = "call.completed:1"
WHERE = {"pk": {"S": "event#call.completed:1"}, "sk": {"S": "ledger"}}
OPEN = OpenEvent(KEY, "call.completed", NOW, NOW, sweeps=2, attempts=0)
LETTER = DeadLetter("id", "text", 5, NOW - 60)
ITEM: dict[str, Any] = {
    **WHERE,
    "type": {"S": "call.completed"},
    "dialect": {"S": "body-signed"},
    "delivery_id": {"S": "delivery"},
    "status": {"S": "received"},
    "received_at": {"S": MOMENT},
    "body_hash": {"S": "hash"},
    "text": {"S": "{}"},
}


def found(*pages: list[Any]) -> StubClient:
    """Return a client whose query has pages."""
    return StubClient(query=[{"Items": page} for page in pages])


def ledger(client: StubClient) -> SweepLedger:
    return SweepLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]


def written(step: Callable[[SweepLedger], object]) -> dict[str, Any]:
    """Return the one write that a step makes."""
    client = StubClient()
    step(ledger(client))
    [(operation, arguments)] = client.calls
    assert operation == "update_item"
    assert arguments.pop("TableName") == "events"
    return arguments


def test_taking_is_one_conditional_write() -> None:
    """An event is taken while it is open and was sent again exactly as often as was seen."""
    assert written(lambda it: it.take(OPEN, NOW)) == {
        "Key": WHERE,
        "UpdateExpression": "SET sweeps = :after, sent_at = :now",
        "ConditionExpression": "#status = :received AND"
        " (attribute_not_exists(sweeps) AND :before = :none OR sweeps = :before)",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {
            ":received": {"S": "received"},
            ":after": {"N": "3"},
            ":before": {"N": "2"},
            ":none": {"N": "0"},
            ":now": {"S": MOMENT},
        },
    }


def test_giving_up_is_one_conditional_write() -> None:
    """An open event becomes *stuck* and leaves the index of open events."""
    assert written(lambda it: it.give_up(KEY, NOW)) == {
        "Key": WHERE,
        "UpdateExpression": "SET #status = :stuck, stuck_at = :now REMOVE #open",
        "ConditionExpression": "#status = :received",
        "ExpressionAttributeNames": {"#status": "status", "#open": "open"},
        "ExpressionAttributeValues": {
            ":received": {"S": "received"},
            ":stuck": {"S": "stuck"},
            ":now": {"S": MOMENT},
        },
    }


def test_burying_is_one_conditional_write() -> None:
    """An open event becomes *failed* unless it was sent again a minute or more after the letter."""
    assert written(lambda it: it.bury(KEY, LETTER, NOW)) == {
        "Key": WHERE,
        "UpdateExpression": "SET #status = :failed, failed_at = :now, attempts = :attempts,"
        " first_failed_at = if_not_exists(first_failed_at, :now),"
        " #error = if_not_exists(#error, :died) REMOVE #open",
        "ConditionExpression": "#status = :received"
        " AND (attribute_not_exists(sent_at) OR sent_at <= :letter)",
        "ExpressionAttributeNames": {"#status": "status", "#open": "open", "#error": "error"},
        "ExpressionAttributeValues": {
            ":received": {"S": "received"},
            ":failed": {"S": "failed"},
            ":letter": {"S": MOMENT},
            ":attempts": {"N": "5"},
            ":died": {"S": DIED},
            ":now": {"S": MOMENT},
        },
    }


def test_noting_what_is_known_of_a_queue() -> None:
    """The sweeper writes its own part, and leaves alone what processors write."""
    assert written(lambda it: it.note_state("sms.sent", State(NOW, NOW + 1, 7))) == {
        "Key": {"pk": {"S": "sweep"}, "sk": {"S": "sms.sent"}},
        "UpdateExpression": "SET marker_sent_at = :sent, in_doubt = :doubt",
        "ExpressionAttributeValues": {":sent": {"S": MOMENT}, ":doubt": {"N": "7"}},
    }


STEPS: dict[str, Callable[[SweepLedger], object]] = {
    "take": lambda it: it.take(OPEN, NOW),
    "give up": lambda it: it.give_up(KEY, NOW),
    "bury": lambda it: it.bury(KEY, LETTER, NOW),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_step_tells_whether_it_was_taken(step: Callable[[SweepLedger], object]) -> None:
    """Done, too late, or to be tried again: the three are told apart."""
    assert step(ledger(StubClient())) is True
    late = StubClient(update_item=aws_error("ConditionalCheckFailedException"))
    assert step(ledger(late)) is False
    with pytest.raises(LedgerUnavailable):
        step(ledger(StubClient(update_item=aws_error("ThrottlingException"))))


def test_state_that_cannot_be_noted() -> None:
    """A table that refuses is told, whatever it says."""
    client = StubClient(update_item=aws_error("ConditionalCheckFailedException"))
    with pytest.raises(LedgerUnavailable):
        ledger(client).note_state("sms.sent", State())


def test_open_events_are_read_shard_by_shard() -> None:
    """All sixteen shards of the index, no more of each than asked for, with all that is known."""
    swept = {"sent_at": {"S": "2026-03-12T14:41:01.250Z"}, "sweeps": {"N": "3"}}
    client = found([ITEM], [{**ITEM, **swept, "attempts": {"N": "4"}}])
    events = list(ledger(client).open_events(7))
    assert events[:2] == [
        OpenEvent(KEY, "call.completed", NOW, NOW, 0, 0),
        OpenEvent(KEY, "call.completed", NOW, NOW + 60, 3, 4),
    ]
    assert len(events) == 2 * schema.SHARDS
    assert [arguments for _, arguments in client.calls] == [
        {
            "TableName": "events",
            "IndexName": "open",
            "KeyConditionExpression": "#open = :shard",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": {":shard": {"S": shard}},
            "PaginationConfig": {"MaxItems": 7},
        }
        for shard in "0123456789abcdef"
    ]


def test_loading_reads_the_whole_event() -> None:
    """Consistently, so that what was just written is there; evidence beside it is not read."""
    client = found([ITEM | {"event_time": {"S": "2026-03-12T14:30:00.000Z"}}])
    assert ledger(client).load(KEY) == Event(
        delivery_id="delivery",
        key=KEY,
        type="call.completed",
        dialect="body-signed",
        status="received",
        body=b"{}",
        body_hash="hash",
        received_at=NOW,
        event_time="2026-03-12T14:30:00.000Z",
    )
    assert client.calls == [
        (
            "query",
            {
                "TableName": "events",
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :ledger)",
                "ExpressionAttributeValues": {":pk": WHERE["pk"], ":ledger": {"S": "ledger"}},
                "ConsistentRead": True,
            },
        )
    ]


@pytest.mark.parametrize("pages", [(), ([],), ([ITEM | {"status": {"S": "failed"}}],)])
def test_what_is_not_open_is_not_loaded(pages: tuple[Any, ...]) -> None:
    """It was finished or given up while the sweeper looked."""
    assert ledger(found(*pages)).load(KEY) is None


def test_states_by_kind() -> None:
    """What was never written is zero."""
    both = {"marker_sent_at": {"S": MOMENT}, "marker_passed_at": {"S": MOMENT}}
    client = found(
        [
            {"pk": {"S": "sweep"}, "sk": {"S": "sms.sent"}, **both, "in_doubt": {"N": "2"}},
            {"pk": {"S": "sweep"}, "sk": {"S": "sms.received"}, "marker_passed_at": {"S": MOMENT}},
        ],
    )
    assert ledger(client).states() == {
        "sms.sent": State(NOW, NOW, 2),
        "sms.received": State(0.0, NOW, 0),
    }
    assert client.calls == [
        (
            "query",
            {
                "TableName": "events",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": {":pk": {"S": "sweep"}},
                "ConsistentRead": True,
            },
        )
    ]


@pytest.mark.parametrize(
    "read",
    [lambda it: it.load(KEY), lambda it: it.states(), lambda it: list(it.open_events(1))],
    ids=["load", "states", "open_events"],
)
def test_a_table_that_refuses(read: Callable[[SweepLedger], object]) -> None:
    """What can't be read is unavailable, not empty."""
    client = StubClient(query=[{"Items": [ITEM]}, aws_error("ThrottlingException")])
    with pytest.raises(LedgerUnavailable):
        read(ledger(client))


def test_a_marker_is_out_until_it_has_passed() -> None:
    """The one that was sent last is still on its way."""
    assert State(2.0, 1.0).marker_is_out
    assert not State(2.0, 2.0).marker_is_out


def test_an_event_without_a_time() -> None:
    """What the sender did not say stays unsaid."""
    assert event_of(ITEM, b"{}").event_time is None
