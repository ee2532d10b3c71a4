"""Writing to the ledger: what AWS is asked, and what its answers mean. On AWS itself see
tests/integration.
"""

import random
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError

from errors import LedgerUnavailable
from justcall.event import RECEIVED, Event
from justcall.keys import content_hash
from ledger import bodies
from ledger.events import Kept, Ledger
from tests.support.fakes import StubClient, aws_error

NOW = 1_773_326_401.25
OLD = {
    "delivery_id": {"S": "another"},
    "status": {"S": "processed"},
    "body_hash": {"S": "0" * 64},
    "received_at": {"S": "2026-03-12T14:00:00.000Z"},
}
LARGE = bytes(range(256)) * 4096


def event(content: bytes = b"{}", **changes: Any) -> Event:
    return Event(
        "delivery", "call.completed:1", "call.completed", "body-signed", RECEIVED,
        content, content_hash(content), NOW, "2026-03-12T14:30:00.000Z",
    )._replace(**changes)  # fmt: skip


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  # no secret


def ledger(client: StubClient) -> Ledger:
    return Ledger(lambda: client, "events", 90)  # type: ignore[arg-type,return-value]


def cancelled(*reasons: dict[str, Any]) -> Exception:
    return aws_error("TransactionCanceledException", CancellationReasons=list(reasons))


def test_ledger_item() -> None:
    """One put holds all there is to know, on condition that the place is empty."""
    client = StubClient()
    assert ledger(client).keep(event()) is None
    [(operation, call)] = client.calls
    assert operation == "put_item"
    assert call["ConditionExpression"] == "attribute_not_exists(pk)"
    assert call["Item"] == {
        "pk": {"S": "event#call.completed:1"},
        "sk": {"S": "ledger"},
        "bucket": call["Item"]["bucket"],
        "open": {"S": "2"},
        "type": {"S": "call.completed"},
        "dialect": {"S": "body-signed"},
        "delivery_id": {"S": "delivery"},
        "status": {"S": "received"},
        "received_at": {"S": "2026-03-12T14:40:01.250Z"},
        "event_time": {"S": "2026-03-12T14:30:00.000Z"},
        "deliveries": {"N": "1"},
        "body_hash": {"S": content_hash(b"{}")},
        "expires_at": {"N": str(1_773_326_401 + 90 * 86_400)},
        "text": {"S": "{}"},
    }


def test_event_without_a_time() -> None:
    """What the sender did not say is left out."""
    client = StubClient()
    ledger(client).keep(event(event_time=None))
    assert "event_time" not in client.calls[0][1]["Item"]


def test_evidence_is_in_no_index() -> None:
    """Evidence lies beside the event and in no list of events."""
    client = StubClient()
    ledger(client).keep_evidence(event())
    item = client.calls[0][1]["Item"]
    assert item["sk"] == {"S": f"conflict#{content_hash(b'{}')}"}
    assert "bucket" not in item


def test_large_body_is_one_call_too() -> None:
    """A body in parts is one transaction, so that it is there whole or not at all."""
    client = StubClient()
    content = noise(1_048_576)
    ledger(client).keep(event(content))
    [(operation, call)] = client.calls
    head, *parts = [one["Put"] for one in call["TransactItems"]]
    assert operation == "transact_write_items"
    assert head["ConditionExpression"] == "attribute_not_exists(pk)"
    assert head["Item"]["parts"] == {"N": str(len(parts))}
    assert [part["Item"]["sk"]["S"] for part in parts] == [
        f"ledger#part#{number:04d}" for number in range(1, len(parts) + 1)
    ]
    assert {part["Item"]["expires_at"]["N"] for part in parts} == {head["Item"]["expires_at"]["N"]}
    assert bodies.unpack([part["Item"] for part in parts]) == content


TAKEN: dict[str, tuple[bytes, str, Any]] = {
    "one item": (b"{}", "put_item", aws_error("ConditionalCheckFailedException", Item=OLD)),
    "in parts": (
        noise(1_048_576),
        "transact_write_items",
        cancelled({"Code": "ConditionalCheckFailed", "Item": OLD}, {"Code": "None"}),
    ),
}


@pytest.mark.parametrize(("content", "operation", "error"), TAKEN.values(), ids=TAKEN)
def test_taken_key_returns_what_is_there(content: bytes, operation: str, error: Any) -> None:
    """Whoever comes second learns what the first one left."""
    found = ledger(StubClient(**{operation: error})).keep(event(content))
    assert found == Kept("another", "processed", "0" * 64, "2026-03-12T14:00:00.000Z")


@pytest.mark.parametrize(("content", "operation", "error"), TAKEN.values(), ids=TAKEN)
def test_own_put_is_no_duplicate(content: bytes, operation: str, error: Any) -> None:
    """A put whose answer was lost is repeated by the client, and finds its own item: it is new."""
    found = ledger(StubClient(**{operation: error})).keep(event(content, delivery_id="another"))
    assert found is None


def test_time_of_the_last_sending_counts() -> None:
    """An event that was sent again is not lost again at once."""
    old = OLD | {"sent_at": {"S": "2026-03-12T15:00:00.000Z"}}
    client = StubClient(put_item=aws_error("ConditionalCheckFailedException", Item=old))
    kept = ledger(client).keep(event())
    assert kept is not None
    assert kept.sent_at == "2026-03-12T15:00:00.000Z"


@pytest.mark.parametrize(("sent", "attribute"), [(True, "sent_at"), (False, "last_delivery_at")])
def test_counting(sent: bool, attribute: str) -> None:
    """A further delivery is counted, and only on an event that is there."""
    client = StubClient()
    ledger(client).count_delivery(event(), sent=sent)
    [(operation, call)] = client.calls
    assert operation == "update_item"
    assert call["ConditionExpression"] == "attribute_exists(pk)"
    assert call["ExpressionAttributeNames"] == {"#at": attribute}


FAILURES = {
    "throttled": aws_error("ProvisionedThroughputExceededException"),
    "denied": aws_error("AccessDeniedException"),
    "no table": aws_error("ResourceNotFoundException"),
    "refused": aws_error("ValidationException"),
    "time-out": ConnectTimeoutError(endpoint_url="https://dynamodb"),
    "no credentials": NoCredentialsError(),
    "conflict": cancelled({"Code": "TransactionConflict"}, {"Code": "None"}),
    "cancelled without a reason": cancelled(),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("content", [b"{}", LARGE, noise(600_000)], ids=["small", "large", "parts"])
def test_whatever_fails_is_unavailable(failure: Exception, content: bytes) -> None:
    """Everything that DynamoDB may answer with is temporary to the sender."""
    answers = dict.fromkeys(["put_item", "transact_write_items", "update_item"], failure)
    one = ledger(StubClient(**answers))
    for write in (one.keep, one.keep_evidence):
        with pytest.raises(LedgerUnavailable):
            write(event(content))
    with pytest.raises(LedgerUnavailable):
        one.count_delivery(event(content), sent=True)
