"""Markers that came through, and every word of what a processor writes to the ledger."""

import json
import random
from typing import Any

import pytest

from errors import CallAppeared, LedgerItemMissing, LedgerUnavailable
from ledger.bodies import unpack
from ledger.processing import ProcessingLedger
from messaging.message import Marker
from tests.support.fakes import StubClient, aws_error

KEY = "sms.received:1"
WHERE = {"pk": {"S": f"event#{KEY}"}, "sk": {"S": "ledger"}}
NOW = 1_773_326_401.25
MOMENT = "2026-03-12T14:40:01.250Z"
MARKER = Marker("sms.sent", MOMENT)
SHOWN = {"at": "2026-03-12T14:30:00.000Z", "number": "+14155559876", "key": KEY}
FAILED, NONE = {"Code": "ConditionalCheckFailed"}, {"Code": "None"}


def processing(client: StubClient) -> ProcessingLedger:
    return ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]


def test_a_marker_that_came_through_is_noted() -> None:
    """On condition that no newer one was noted before."""
    client = StubClient()
    processing(client).note_marker(MARKER)
    assert client.calls == [
        (
            "update_item",
            {
                "TableName": "events",
                "Key": {"pk": {"S": "sweep"}, "sk": {"S": "sms.sent"}},
                "UpdateExpression": "SET marker_passed_at = :sent",
                "ConditionExpression": "attribute_not_exists(marker_passed_at)"
                " OR marker_passed_at < :sent",
                "ExpressionAttributeValues": {":sent": {"S": MOMENT}},
            },
        )
    ]


def test_an_older_marker_is_no_failure() -> None:
    """Markers may come out in another order; the record is done all the same."""
    late = StubClient(update_item=aws_error("ConditionalCheckFailedException"))
    processing(late).note_marker(MARKER)
    throttled = StubClient(update_item=aws_error("ThrottlingException"))
    with pytest.raises(LedgerUnavailable):
        processing(throttled).note_marker(MARKER)


def test_the_step_and_its_entry() -> None:
    """The ledger learns all of it in the write that puts the entry on its timeline."""
    client = StubClient()
    assert processing(client).commit(KEY, SHOWN, 3, NOW, ["call.missed:2"]) is True
    [(operation, arguments)] = client.calls
    assert (operation, list(arguments)) == ("transact_write_items", ["TransactItems"])
    step, put, check = arguments["TransactItems"]
    assert step == {
        "Update": {
            "TableName": "events",
            "Key": WHERE,
            "UpdateExpression": "SET #status = :processed, attempts = :attempts,"
            " processed_at = :now, contact = :contact, #at = :at REMOVE #error, #open",
            "ConditionExpression": "attribute_exists(pk) AND #status <> :processed",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeNames": {
                "#error": "error",
                "#status": "status",
                "#open": "open",
                "#at": "at",
            },
            "ExpressionAttributeValues": {
                ":contact": {"S": "+14155559876"},
                ":at": {"S": "2026-03-12T14:30:00.000Z"},
                ":processed": {"S": "processed"},
                ":attempts": {"N": "3"},
                ":now": {"S": MOMENT},
            },
        }
    }
    assert put["Put"]["TableName"] == "events"
    assert put["Put"]["Item"]["pk"] == {"S": "contact#+14155559876"}
    assert put["Put"]["Item"]["sk"] == {"S": f"2026-03-12T14:30:00.000Z#{KEY}"}
    assert check == {
        "ConditionCheck": {
            "TableName": "events",
            "Key": {"pk": {"S": "event#call.missed:2"}, "sk": {"S": "ledger"}},
            "ConditionExpression": "(attribute_not_exists(contact)"
            " OR begins_with(contact, :pending))",
            "ExpressionAttributeValues": {":pending": {"S": "pending:"}},
        }
    }


@pytest.mark.parametrize(
    ("reasons", "error"),
    [
        ([FAILED, NONE], LedgerItemMissing),
        ([FAILED, NONE, FAILED], LedgerItemMissing),
        ([NONE, NONE, FAILED], CallAppeared),
        ([NONE, NONE, {"Code": "TransactionConflict"}], LedgerUnavailable),
        ([], LedgerUnavailable),
    ],
)
def test_why_a_transaction_was_cancelled(
    reasons: list[dict[str, Any]], error: type[Exception]
) -> None:
    """No such event, a call that came meanwhile, and a table that refuses are told apart."""
    cancelled = aws_error("TransactionCanceledException", CancellationReasons=reasons)
    with pytest.raises(error):
        processing(StubClient(transact_write_items=cancelled)).commit(KEY, SHOWN, 1, NOW, ["k"])


@pytest.mark.parametrize("last", [False, True])
def test_a_failure_is_written_whole(last: bool) -> None:
    """Why, the how-manieth try it was, when it failed first and last; and *failed* at the end."""
    client = StubClient()
    processing(client).note_failure(KEY, "reason", 4, NOW, last=last)
    names = {"#error": "error", "#status": "status"}
    values = {
        ":error": {"S": "reason"},
        ":attempts": {"N": "4"},
        ":now": {"S": MOMENT},
        ":processed": {"S": "processed"},
    }
    assert client.calls == [
        (
            "update_item",
            {
                "TableName": "events",
                "Key": WHERE,
                "UpdateExpression": "SET #error = :error, attempts = :attempts, failed_at = :now,"
                " first_failed_at = if_not_exists(first_failed_at, :now)"
                + (", #status = :failed REMOVE #open" if last else ""),
                "ConditionExpression": "attribute_exists(pk) AND #status <> :processed",
                "ExpressionAttributeNames": names | ({"#open": "open"} if last else {}),
                "ExpressionAttributeValues": values
                | ({":failed": {"S": "failed"}} if last else {}),
            },
        )
    ]


def test_a_body_is_read_whole() -> None:
    """Consistently, its parts with it and the evidence beside it not."""

    client = StubClient(query={"Items": [{"text": {"S": "{}"}}]})
    assert processing(client).body(KEY) == b"{}"
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


def test_only_what_is_too_long_is_left_out() -> None:
    """A field of exactly the size that always fits stays."""
    client = StubClient()
    fits, too_long = "x" * (16 * 1024 - 2), "x" * (16 * 1024 - 1)
    huge = random.Random(1).randbytes(400_000).hex()  # noqa: S311  # no secret
    shown = SHOWN | {"fits": fits, "too_long": too_long, "huge": huge}
    processing(client).commit(KEY, shown, 1, NOW)
    item = client.calls[0][1]["TransactItems"][1]["Put"]["Item"]
    assert json.loads(unpack([item]) or b"") == {
        **SHOWN,
        "fits": fits,
        "left_out": ["too_long", "huge"],
    }


# ------------------------------------------------------------ consent

_SHOWN = {"at": "2026-03-12T14:30:00.000Z", "number": "+14155559876", "key": "k"}


def _flags_written(client: StubClient, call: int = -1) -> list[Any]:
    written: list[Any] = client.calls[call][1]["TransactItems"]
    return written[2:]


def test_a_flag_is_written_where_nothing_newer_stands() -> None:
    """In the transaction of its event: value, time and key, on condition of being the newest."""
    client = StubClient()
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    assert ledger.commit("k", _SHOWN, 1, 0.0, consent={"dnd": True, "dnm": False})
    names = {"#at": "at", "#key": "key"}
    values = {":at": {"S": _SHOWN["at"]}, ":key": {"S": "k"}}
    assert _flags_written(client) == [
        {
            "Put": {
                "TableName": "events",
                "Item": {
                    "pk": {"S": "consent#+14155559876"},
                    "sk": {"S": name},
                    "value": {"BOOL": value},
                    "at": {"S": _SHOWN["at"]},
                    "key": {"S": "k"},
                },
                "ConditionExpression": "attribute_not_exists(#at) OR #at < :at"
                " OR (#at = :at AND #key < :key)",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }
        for name, value in (("dnd", True), ("dnm", False))
    ]


def _cancelled(*codes: str) -> Exception:
    reasons = [{"Code": code} for code in codes]
    return aws_error("TransactionCanceledException", CancellationReasons=reasons)


def test_a_flag_that_is_newer_is_left_alone() -> None:
    """The rest is committed without it, all else as it was."""
    failed = "ConditionalCheckFailed"
    answers = iter([_cancelled("None", "None", "None", failed, "None"), None])

    def transact(**_: Any) -> Any:
        answer = next(answers)
        if answer is not None:
            raise answer
        return {}

    client = StubClient(transact_write_items=transact)
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    flags = {"blacklist": True, "dnd": True}
    assert ledger.commit("k", _SHOWN, 4, 9.0, ["call.completed:1"], flags)
    first, second = (call["TransactItems"] for _, call in client.calls)
    assert second == [*first[:3], first[4]]
    assert "ConditionCheck" in first[2]


@pytest.mark.parametrize(
    "codes",
    [("None", "None", "TransactionConflict"), ("ThrottlingError", "None", "None"), ()],
)
def test_a_transaction_that_is_refused_for_no_condition(codes: tuple[str, ...]) -> None:
    """Throttled, or in another's way: unavailable, whatever flags it sets."""
    client = StubClient(transact_write_items=_cancelled(*codes))
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    with pytest.raises(LedgerUnavailable):
        ledger.commit("k", _SHOWN, 1, 0.0, consent={"dnd": True})
    assert len(client.calls) == 1


def test_an_update_whose_call_appeared_changes_no_flag() -> None:
    """A failed check of the call's goes before whatever is the matter with a flag."""
    failed = "ConditionalCheckFailed"
    client = StubClient(transact_write_items=_cancelled("None", "None", failed, failed))
    ledger = ProcessingLedger(lambda: client, "events")  # type: ignore[arg-type,return-value]
    with pytest.raises(CallAppeared):
        ledger.commit("k", _SHOWN, 1, 0.0, ["call.completed:1"], {"dnd": True})
    assert len(client.calls) == 1
