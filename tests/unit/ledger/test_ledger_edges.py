"""Every word of what the ledger asks of DynamoDB, and where bodies begin to be cut."""

import random
from typing import Any

import pytest

from errors import LedgerUnavailable
from justcall.event import RECEIVED, Event
from ledger import bodies
from ledger.events import Ledger
from tests.support.fakes import StubClient, aws_error

NOW = 1_773_326_401.25
MOMENT = "2026-03-12T14:40:01.250Z"
KEY = "call.completed:1"
WHERE = {"pk": {"S": f"event#{KEY}"}, "sk": {"S": "ledger"}}
OLD = {
    "delivery_id": {"S": "another"},
    "status": {"S": "processed"},
    "body_hash": {"S": "hash"},
    "received_at": {"S": MOMENT},
}


def event(content: bytes = b"{}") -> Event:
    return Event(
        "delivery", KEY, "call.completed", "body-signed", RECEIVED, content, "hash", NOW, None
    )


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  # no secret


def ledger(client: StubClient) -> Ledger:
    return Ledger(lambda: client, "events", 90)  # type: ignore[arg-type,return-value]


def test_a_put_is_one_conditional_write() -> None:
    """It is listed under its day, and what is there comes back with the refusal."""
    client = StubClient()
    ledger(client).keep(event())
    [(operation, call)] = client.calls
    assert call.pop("Item")["bucket"] == {"S": "2026-03-12#2"}
    assert (operation, call) == (
        "put_item",
        {
            "TableName": "events",
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    )


def test_a_put_in_parts_is_one_conditional_transaction() -> None:
    """The head comes first and decides for all; every part expires with it."""
    client = StubClient()
    ledger(client).keep(event(noise(1_000_000)))
    [(operation, call)] = client.calls
    head, *parts = call["TransactItems"]
    item = head["Put"].pop("Item")
    assert (operation, head) == (
        "transact_write_items",
        {
            "Put": {
                "TableName": "events",
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        },
    )
    assert item["open"] == {"S": "2"}
    for part in parts:
        assert list(part) == ["Put"]
        assert part["Put"].keys() == {"TableName", "Item"}
        assert part["Put"]["TableName"] == "events"
        assert part["Put"]["Item"].keys() == {"pk", "sk", "expires_at", "packed"}
        assert part["Put"]["Item"]["pk"] == item["pk"] == WHERE["pk"]


@pytest.mark.parametrize("sent", [False, True])
def test_counting_is_one_conditional_write(sent: bool) -> None:
    """One more, and when, on the event that is there."""
    client = StubClient()
    ledger(client).count_delivery(event(), sent=sent)
    assert client.calls == [
        (
            "update_item",
            {
                "TableName": "events",
                "Key": WHERE,
                "UpdateExpression": "SET #at = :now ADD deliveries :one",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#at": "sent_at" if sent else "last_delivery_at"},
                "ExpressionAttributeValues": {":now": {"S": MOMENT}, ":one": {"N": "1"}},
            },
        )
    ]


@pytest.mark.parametrize(
    "reasons",
    [
        [{"Code": "TransactionConflict", "Item": OLD}, {"Code": "None"}],
        [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": OLD}],
        [{"Item": OLD}],
        [],
    ],
)
def test_only_the_heads_condition_tells_that_a_key_is_taken(reasons: list[Any]) -> None:
    """Whatever else cancels a transaction may mend."""
    cancelled = aws_error("TransactionCanceledException", CancellationReasons=reasons)
    with pytest.raises(LedgerUnavailable):
        ledger(StubClient(transact_write_items=cancelled)).keep(event(noise(1_000_000)))


def test_a_body_that_just_fits_is_one_item() -> None:
    """It is cut from the first byte on that does not fit."""
    size = bodies.PART_BYTES
    while len(bodies.pack(noise(size), 1000)) > bodies.PART_BYTES:
        size -= len(bodies.pack(noise(size), 1000)) - bodies.PART_BYTES
    operations = []
    for longer in (0, 1):
        packed = bodies.pack(noise(size), 1000)
        content = noise(size) if longer == 0 else noise(size + 1)
        assert len(packed) == bodies.PART_BYTES
        client = StubClient()
        ledger(client).keep(event(content))
        operations += client.operations
    assert operations == ["put_item", "transact_write_items"]


def test_what_the_step_to_processed_adds_is_counted() -> None:
    """A body is compressed as soon as the item would need another write unit by then."""

    def item(size: int) -> dict[str, Any]:
        client = StubClient()
        ledger(client).keep(event(b"x" * size))
        found: dict[str, Any] = client.calls[0][1]["Item"]
        return found

    size = next(size for size in range(1000) if "packed" in item(size))
    others = {name: value for name, value in item(size - 1).items() if name != "text"}
    names_and_values = sum(len(name) + len(*value.values()) for name, value in others.items())
    assert names_and_values + 112 + size == bodies.WRITE_UNIT + 1


def test_a_short_body_that_is_no_text_is_one_item() -> None:
    """Only what is too long is cut."""
    client = StubClient()
    ledger(client).keep(event(b"\xff"))
    assert client.operations == ["put_item"]
    assert "parts" not in client.calls[0][1]["Item"]
