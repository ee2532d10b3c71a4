"""Finding a call and moving what waited for it: what AWS is asked. See also tests/integration."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from errors import LedgerUnavailable
from ledger.bodies import unpack
from ledger.joining import Joining
from tests.support.fakes import StubClient, aws_error

SUBJECT = "call:c1"
NUMBER = "+14155559876"
PENDING = "contact#pending:call:c1"
KEYS = [
    "call.incoming:c1",
    "call.initiated:c1",
    "call.answered:c1",
    "call.missed:c1",
    "call.voicemail:c1",
    "call.completed:c1",
    "sd.call_completed:c1",
    "voicemail.received:c1",
]
UPDATE = "call.updated:c1:0000000000000000"


def joining(client: StubClient) -> Joining:
    return Joining(lambda: client, "events")  # type: ignore[arg-type,return-value]


def ledger_key(key: str) -> Any:
    return {"pk": {"S": f"event#{key}"}, "sk": {"S": "ledger"}}


def waiting(at: str) -> Any:
    shown = {"at": at, "key": UPDATE, "number": "pending:call:c1", "notes": "later"}
    return {"pk": {"S": PENDING}, "sk": {"S": f"{at}#{UPDATE}"}, "text": {"S": json.dumps(shown)}}


def test_a_call_is_looked_for_under_all_its_keys() -> None:
    """Consistently: a call that was processed just now is found."""
    found = [{}, {"contact": {"S": NUMBER}}]
    client = StubClient(batch_get_item={"Responses": {"events": found}, "UnprocessedKeys": {}})
    assert joining(client).number_of(SUBJECT) == NUMBER
    asked = {
        "Keys": [ledger_key(key) for key in KEYS],
        "ConsistentRead": True,
        "ProjectionExpression": "contact",
    }
    assert client.calls == [("batch_get_item", {"RequestItems": {"events": asked}})]


@pytest.mark.parametrize("answer", [{}, {"Responses": {}}, {"Responses": {"events": [{}]}}])
def test_no_call_yet(answer: Any) -> None:
    """Nothing there, or nothing processed."""
    assert joining(StubClient(batch_get_item=answer)).number_of(SUBJECT) is None


def test_half_an_answer_is_none() -> None:
    """A throttled read that leaves keys out does not prove that there is no call."""
    answer = {"Responses": {"events": []}, "UnprocessedKeys": {"events": {}}}
    with pytest.raises(LedgerUnavailable):
        joining(StubClient(batch_get_item=answer)).number_of(SUBJECT)


def test_all_that_waits_is_moved() -> None:
    """Each entry in one transaction: it stands in one place at any time, and its event knows where."""
    client = StubClient(query=[{"Items": [waiting("1")]}, {"Items": [waiting("2")]}])
    assert joining(client).adopt(SUBJECT, NUMBER) == 2
    assert client.operations == ["query", "transact_write_items", "transact_write_items"]
    assert client.calls[0][1] == {
        "TableName": "events",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": PENDING}},
        "ConsistentRead": True,
    }
    delete, put, update = client.calls[2][1]["TransactItems"]
    place = {"S": f"2#{UPDATE}"}
    assert delete == {
        "Delete": {
            "TableName": "events",
            "Key": {"pk": {"S": PENDING}, "sk": place},
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    assert put["Put"]["TableName"] == "events"
    item = put["Put"]["Item"]
    assert (item["pk"], item["sk"]) == ({"S": f"contact#{NUMBER}"}, place)
    assert json.loads(unpack([item]) or b"") == {
        "at": "2",
        "key": UPDATE,
        "number": NUMBER,
        "notes": "later",
    }
    assert update == {
        "Update": {
            "TableName": "events",
            "Key": ledger_key(UPDATE),
            "UpdateExpression": "SET contact = :number",
            "ConditionExpression": "contact = :pending",
            "ExpressionAttributeValues": {
                ":number": {"S": NUMBER},
                ":pending": {"S": "pending:call:c1"},
            },
        }
    }


def test_nothing_waits() -> None:
    """Which is what a call finds most of the time, and costs one read."""
    client = StubClient(query={})
    assert joining(client).adopt(SUBJECT, NUMBER) == 0
    assert client.operations == ["query"]


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("batch_get_item", lambda it: it.number_of(SUBJECT)),
        ("query", lambda it: it.adopt(SUBJECT, NUMBER)),
        ("transact_write_items", lambda it: it.adopt(SUBJECT, NUMBER)),
    ],
)
def test_whatever_fails_is_unavailable(operation: str, act: Callable[[Joining], object]) -> None:
    """The record comes back, and looks again."""
    answers: dict[str, Any] = {"query": {"Items": [waiting("1")]}}
    client = StubClient(**answers | {operation: aws_error("Throttled")})
    with pytest.raises(LedgerUnavailable):
        act(joining(client))


def test_an_update_that_the_ledger_forgot_is_moved_all_the_same() -> None:
    """Its entry has no end, its ledger item has: then the entry moves and nothing else is written."""
    cancelled = aws_error(
        "TransactionCanceledException",
        CancellationReasons=[
            {"Code": "None"},
            {"Code": "None"},
            {"Code": "ConditionalCheckFailed"},
        ],
    )
    answers = iter([cancelled, {}])
    client = StubClient(
        query={"Items": [waiting("1")]}, transact_write_items=lambda **_: next(answers)
    )
    assert joining(client).adopt(SUBJECT, NUMBER) == 1
    [_, (_, whole), (_, less)] = client.calls
    assert list(less) == ["TransactItems"]
    assert less["TransactItems"] == whole["TransactItems"][:2]
    assert [list(item) for item in less["TransactItems"]] == [["Delete"], ["Put"]]
