"""A processor's writes: what AWS is asked, and what its answers mean. On AWS itself see
tests/integration.
"""

import json
import zlib
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoRegionError

from errors import BodyMissing, LedgerItemMissing, LedgerUnavailable
from ledger.bodies import PART_BYTES, unpack
from ledger.processing import ProcessingLedger
from tests.support.fakes import StubClient, aws_error

KEY = "sms.received:1"
NOW = 1_773_326_401.25
FAILED_CONDITION = {"Code": "ConditionalCheckFailed"}


def processing(**answers: Any) -> ProcessingLedger:
    client = StubClient(**answers)
    return ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]


def querying(*pages: list[Any]) -> ProcessingLedger:
    return processing(query=[{"Items": page} for page in pages])


def commit(ledger: ProcessingLedger, **shown: Any) -> bool:
    place = {"at": "2026-03-12T14:30:00.000Z", "number": "+14155559876"}
    return ledger.commit(KEY, {**place, "key": KEY, **shown}, 1, NOW)


def cancelled(*reasons: dict[str, Any]) -> Exception:
    return aws_error("TransactionCanceledException", CancellationReasons=list(reasons))


def test_effects_and_step_are_one_transaction() -> None:
    """The entry and *processed* are written together, on condition that nobody did before."""
    client = StubClient()
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    assert commit(ledger, text="hello")
    [(operation, call)] = client.calls
    step, put = call["TransactItems"]
    assert operation == "transact_write_items"
    assert step["Update"]["Key"] == {"pk": {"S": f"event#{KEY}"}, "sk": {"S": "ledger"}}
    assert step["Update"]["ConditionExpression"] == "attribute_exists(pk) AND #status <> :processed"
    item = put["Put"]["Item"]
    assert item["pk"] == {"S": "contact#+14155559876"}
    assert item["sk"] == {"S": f"2026-03-12T14:30:00.000Z#{KEY}"}
    assert json.loads(item["text"]["S"])["text"] == "hello"


def test_timeline_entries_do_not_expire() -> None:
    """The ledger forgets, the timeline does not."""
    client = StubClient()
    commit(ProcessingLedger(lambda: client, "events"))  # type: ignore[arg-type,return-value]
    assert "expires_at" not in client.calls[0][1]["TransactItems"][1]["Put"]["Item"]


def test_entry_that_fits_no_item_is_shortened() -> None:
    """What is too long is named and left out; the ledger holds the whole body."""
    client = StubClient()
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    long = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(400_000))
    commit(ledger, text=long, notes="short", media=["https://example.com/1"])
    item = client.calls[0][1]["TransactItems"][1]["Put"]["Item"]
    content = unpack([item])
    assert content is not None
    assert len(content) < PART_BYTES
    assert json.loads(content) == {
        "at": "2026-03-12T14:30:00.000Z",
        "number": "+14155559876",
        "key": KEY,
        "notes": "short",
        "media": ["https://example.com/1"],
        "left_out": ["text"],
    }


def test_processed_before() -> None:
    """The condition failed on an item that is there: somebody was first."""
    error = cancelled(FAILED_CONDITION | {"Item": {"status": {"S": "processed"}}}, {"Code": "None"})
    assert commit(processing(transact_write_items=error)) is False


def test_no_ledger_item() -> None:
    """The condition failed on nothing: the event is not on the ledger."""
    error = cancelled(FAILED_CONDITION, {"Code": "None"})
    with pytest.raises(LedgerItemMissing):
        commit(processing(transact_write_items=error))


FAILURES = {
    "conflict": cancelled({"Code": "TransactionConflict"}, {"Code": "None"}),
    "throttled": cancelled({"Code": "None"}, {"Code": "ThrottlingError"}),
    "denied": aws_error("AccessDeniedException"),
    "unreachable": EndpointConnectionError(endpoint_url="https://dynamodb"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_whatever_fails_is_unavailable(failure: Exception) -> None:
    """Every other answer means that the record comes back."""
    one = processing(transact_write_items=failure, update_item=failure, query=failure)
    with pytest.raises(LedgerUnavailable):
        commit(one)
    with pytest.raises(LedgerUnavailable):
        one.note_failure(KEY, "unexpected", 1, NOW, last=False)
    with pytest.raises(LedgerUnavailable):
        one.body(KEY)


def test_client_that_cannot_be_made_is_unavailable() -> None:
    """That is AWS being unavailable too, on every way in."""

    def nobody() -> Any:
        raise NoRegionError

    one = ProcessingLedger(nobody, "events")
    with pytest.raises(LedgerUnavailable):
        commit(one)
    with pytest.raises(LedgerUnavailable):
        one.body(KEY)


def test_failure_is_not_noted_over_processed() -> None:
    """A late failure of a second copy changes nothing, and is no failure itself."""
    one = processing(update_item=aws_error("ConditionalCheckFailedException"))
    one.note_failure(KEY, "unexpected", 5, NOW, last=True)


@pytest.mark.parametrize(("last", "fails"), [(False, False), (True, True)])
def test_last_failure_makes_the_event_failed(last: bool, fails: bool) -> None:
    """An earlier one is only noted."""
    client = StubClient()
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    ledger.note_failure(KEY, "model-refused: data.to: missing", 5, NOW, last=last)
    [(_, call)] = client.calls
    assert (":failed" in call["ExpressionAttributeValues"]) is fails
    assert call["ExpressionAttributeValues"][":error"] == {"S": "model-refused: data.to: missing"}
    assert call["ConditionExpression"] == "attribute_exists(pk) AND #status <> :processed"


@pytest.mark.parametrize("pages", [[], [[]], [[{"pk": {"S": "x"}}]]], ids=repr)
def test_body_that_is_not_there(pages: list[Any]) -> None:
    """A message that points to nothing says so."""
    with pytest.raises(BodyMissing):
        querying(*pages).body(KEY)


def test_body_over_several_pages() -> None:
    """DynamoDB's answers end at 1 MB; the parts of a body may need two."""
    packed = zlib.compress(b"the whole body")
    head: dict[str, Any] = {"parts": {"N": "2"}}
    one, two = {"packed": {"B": packed[:5]}}, {"packed": {"B": packed[5:]}}
    assert querying([head, one], [two]).body(KEY) == b"the whole body"
