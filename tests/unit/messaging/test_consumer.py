"""A processor's way through a batch, each record for itself. On AWS itself see tests/integration."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from justcall.catalogue import KINDS
from justcall.moments import epoch, iso
from ledger.events import Ledger
from ledger.joining import Joining
from ledger.processing import ProcessingLedger
from messaging import consumer
from messaging.message import decode, encode
from tests.support import samples
from tests.support.cloud import process
from tests.support.expected import POISON, SQS
from tests.support.fakes import StubClient, aws_error
from tests.support.make_events import EVENTS
from tests.support.records import message_of, record, record_of
from tests.unit.conftest import Written

MAX_RECEIVES = 5
MISSING = aws_error(
    "TransactionCanceledException", CancellationReasons=[{"Code": "ConditionalCheckFailed"}]
)
PROCESSED = aws_error(
    "TransactionCanceledException",
    CancellationReasons=[{"Code": "ConditionalCheckFailed", "Item": {"status": {"S": "x"}}}],
)
CALL = message_of(samples.body(samples.CALL_COMPLETED))

type Table = Callable[..., StubClient]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """Return what puts a stub of DynamoDB under the processors."""

    def under(**answers: Any) -> StubClient:
        client: Any = StubClient(**answers)
        tables = consumer.Tables(
            Ledger(lambda: client, "events", 90),
            ProcessingLedger(lambda: client, "events"),
            Joining(lambda: client, "events"),
            MAX_RECEIVES,
        )
        monkeypatch.setattr("messaging.consumer._tables", lambda: tables)
        stub: StubClient = client
        return stub

    return under


def written_by(client: StubClient) -> list[str]:
    """Return the calls but those that look for updates which wait for their call."""
    return [operation for operation in client.operations if operation != "query"]


def noted(client: StubClient) -> list[str]:
    """Return the failures that were written on the ledger."""
    return [
        call["ExpressionAttributeValues"][":error"]["S"]
        for operation, call in client.calls
        if operation == "update_item"
    ]


@pytest.mark.parametrize("name", SQS)
def test_samples(table: Table, name: str) -> None:
    """Every sample batch is answered as events/README.md says."""
    table()
    records = json.loads((EVENTS / "sqs" / f"{name}.json").read_text())["Records"]
    assert tuple(process(SQS[name].kind, *records)) == SQS[name].failures


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_one_call(table: Table, kind: str) -> None:
    """A processor writes its effects and the step to *processed* in a single transaction."""
    client = table()
    assert process(kind, record_of(message_of(samples.body(samples.BY_KIND[kind])))) == []
    assert written_by(client) == ["transact_write_items"]


def test_second_copy_succeeds_and_does_nothing(table: Table, written: Written) -> None:
    """A message that comes twice is deleted both times; the second time nothing is written."""
    client = table(transact_write_items=PROCESSED)
    assert process("call.completed", record_of(CALL)) == []
    assert written_by(client) == ["transact_write_items"]
    assert [line["message"] for line in written.logs()] == ["already processed"]


def test_event_that_is_not_on_the_ledger_is_put_back(table: Table) -> None:
    """A table restored to an earlier time gets the event again, from its message."""
    answers = iter([MISSING, {}])

    def transact(**_: Any) -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = table(transact_write_items=transact)
    assert process("call.completed", record_of(CALL)) == []
    assert written_by(client) == ["transact_write_items", "put_item", "transact_write_items"]
    item = client.calls[1][1]["Item"]
    assert item["text"]["S"] == CALL.body
    assert item["received_at"]["S"] == CALL.received_at


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (POISON, "message-unreadable"),
        ("", "message-unreadable"),
        (encode(message_of(samples.body(samples.SMS_SENT))), "message-of-another-kind"),
    ],
)
def test_poison_fails_alone(table: Table, written: Written, text: str, reason: str) -> None:
    """A record that is none of ours is reported back, and the rest of its batch commits."""
    client = table()
    poison = record(text, "call.completed")
    assert process("call.completed", poison, record_of(CALL)) == [poison["messageId"]]
    assert written_by(client) == ["transact_write_items"]
    assert [line.get("reason") for line in written.logs()] == [reason, None]


REFUSED = {
    "a field that does not fit": (
        {"direction": "sideways"}, "model-refused: direction: enum",
    ),
    "two of them": (
        {"direction": None, "duration": -1},
        "model-refused: direction: enum, duration: greater_than_equal",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "note"), REFUSED.values(), ids=REFUSED)
def test_refused_event_names_its_fields(table: Table, changes: Any, note: str) -> None:
    """The ledger says which field was refused and why, not what it held."""
    client = table()
    content = samples.body(samples.changed(samples.CALL_COMPLETED, **changes))
    failing = record_of(message_of(content))
    assert process("call.completed", failing) == [failing["messageId"]]
    assert noted(client) == [note]


def test_body_that_no_reader_takes_is_noted(table: Table) -> None:
    """A message whose body is no event fails, and says so on the ledger."""
    client = table()
    failing = record_of(CALL._replace(body="{"))
    assert process("call.completed", failing) == [failing["messageId"]]
    assert noted(client) == ["not-json"]


@pytest.mark.parametrize(("receives", "last"), [(1, False), (4, False), (5, True), (6, True)])
def test_last_receive_makes_the_event_failed(table: Table, receives: int, last: bool) -> None:
    """As many receives as the queue allows; after that the message is a dead letter."""
    client = table(transact_write_items=aws_error("ThrottlingException"))
    assert process("call.completed", record_of(CALL, receives=receives)) != []
    values = client.calls[-1][1]["ExpressionAttributeValues"]
    assert (":failed" in values) is last
    assert values[":attempts"] == {"N": str(receives)}


def test_failure_that_cannot_be_noted_still_fails_the_record(
    table: Table, written: Written
) -> None:
    """With the table down, the record comes back and the log says both."""
    down = aws_error("ThrottlingException")
    table(transact_write_items=down, update_item=down)
    assert len(process("call.completed", record_of(CALL))) == 1
    assert [line["message"] for line in written.logs()] == ["failed", "failure not noted"]


def test_unexpected_error_is_noted_by_its_class(table: Table) -> None:
    """What nobody foresaw fails one record, and is told by its class alone."""
    client = table(transact_write_items=ZeroDivisionError("secret text"))
    assert len(process("call.completed", record_of(CALL))) == 1
    assert noted(client) == ["unexpected: ZeroDivisionError"]


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2026-03-12T14:30:00Z", "2026-03-12T14:30:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("yesterday", CALL.received_at),
        # Clocks differ; but what is of the far future would be the newest news for ever.
        (iso(epoch(CALL.received_at) + 300), iso(epoch(CALL.received_at) + 300)),
        (iso(epoch(CALL.received_at) + 301), CALL.received_at),
        ("9999-01-01T00:00:00Z", CALL.received_at),
    ],
)
def test_event_time_or_else_arrival(table: Table, timestamp: str, at: str) -> None:
    """The timeline's order is the event's own time; without one to believe, when it came."""
    client = table()
    document = {**samples.CALL_COMPLETED, "timestamp": timestamp}
    process("call.completed", record_of(message_of(samples.body(document))))
    [written] = [call for operation, call in client.calls if operation == "transact_write_items"]
    assert written["TransactItems"][1]["Put"]["Item"]["sk"]["S"].split("#")[0] == at


def test_half_characters_are_replaced(table: Table) -> None:
    """A text that was cut within an emoji can be stored, less that half."""
    client = table()
    document = samples.changed(samples.CALL_COMPLETED, notes="Thanks \ud83d", **{"\udc00": "x"})
    assert process("call.completed", record_of(message_of(samples.body(document)))) == []
    put = client.calls[0][1]["TransactItems"][1]["Put"]["Item"]
    assert json.loads(put["text"]["S"])["notes"] == "Thanks ?"


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_timeline_is_json_for_everybody(table: Table, number: str) -> None:
    """A number beyond all bounds is legal JSON; what we write of it must be so too."""
    client = table()
    text = samples.body(samples.changed(samples.CALL_COMPLETED, rating=0)).decode()
    content = text.replace('"rating": 0', f'"rating": {number}').encode()
    assert process("call.completed", record_of(message_of(content))) == []
    put = client.calls[0][1]["TransactItems"][1]["Put"]["Item"]

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    assert json.loads(put["text"]["S"], parse_constant=refuse)


def test_tables_are_made_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are made once, and making them calls nobody."""
    for name, value in {
        "EVENTS_TABLE": "events",
        "MAX_RECEIVES": "5",
        "RETENTION_DAYS": "90",
    }.items():
        monkeypatch.setenv(name, value)
    consumer._tables.cache_clear()
    assert consumer._tables() is consumer._tables()
    assert consumer._tables().max_receives == 5
    consumer._tables.cache_clear()


def test_message_of_the_samples_is_the_handlers() -> None:
    """The samples' messages are what the handler sends, so these tests speak of real ones."""
    text = json.loads((EVENTS / "sqs" / "call_completed.json").read_text())["Records"][0]["body"]
    assert decode(text) == CALL
