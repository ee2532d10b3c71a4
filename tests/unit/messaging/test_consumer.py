"""A processor's way through a batch, each record for itself, on the small AWS."""

import json
import re
from typing import Any

import pytest

from justcall.catalogue import KINDS
from justcall.consent import states_of
from justcall.moments import epoch, iso
from ledger.bodies import unpack_entry
from ledger.consent import history
from messaging import consumer
from messaging.message import Message, decode, encode
from tests.support import acting, samples
from tests.support.cloud import process
from tests.support.expected import KEYS, POISON, SQS
from tests.support.fakes import StubClient
from tests.support.faults import Call, Fault, World, died_after, died_before, throttled
from tests.support.make_events import EVENTS
from tests.support.promise import Contents, contents
from tests.support.records import message_of, record, record_of
from tests.unit.conftest import Written

KIND = "call.completed"
BODY = samples.body(samples.CALL_COMPLETED)
CALL = message_of(BODY)
KEY = CALL.key
NUMBER = "+14155559876"


def table(deployed: World) -> Contents:
    return contents(deployed.backend.items())


def work(deployed: World, kind: str, *records: dict[str, Any]) -> list[str]:
    """Hand records to a kind's processor; return the ids of those that failed."""
    failed: list[str] = deployed.invoke("processor", lambda: process(kind, *records))
    return failed


def arrive(deployed: World, document: object) -> str:
    """Deliver a document and process it; return its key."""
    known = set(table(deployed).ledger)
    assert deployed.deliver(samples.body(document)).status == 200
    deployed.poll_all(1)
    [key] = set(table(deployed).ledger) - known
    return key


def kept(deployed: World) -> Message:
    """Deliver the call; return its message."""
    deployed.deliver(BODY)
    [received] = deployed.backend.receive(KIND)
    return decode(received["Body"])


def on(operation: str, fault: Fault, number: int = 0) -> Any:
    """Return what lets a processor's calls of an operation fail: all, or the n-th."""

    def standing(call: Call) -> Fault | None:
        fits = call.actor == "processor" and call.operation == operation
        return fault if fits and number in (0, call.number) else None

    return standing


@pytest.mark.parametrize("name", SQS)
def test_samples(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every sample batch is answered as events/README.md says."""
    tables = acting.tables_on(StubClient())
    monkeypatch.setattr("messaging.consumer._tables", lambda: tables)
    records = json.loads((EVENTS / "sqs" / f"{name}.json").read_text())["Records"]
    assert tuple(process(SQS[name].kind, *records)) == SQS[name].failures


@pytest.mark.parametrize("kind", KINDS)
def test_processing_costs_one_update(deployed: World, kind: str) -> None:
    """And before it one put for each flag that the event sets or clears."""
    arrive(deployed, samples.BY_KIND[kind])
    assert table(deployed).ledger[KEYS[kind]]["status"] == {"S": "processed"}
    calls = [one.operation for one in deployed.wire.calls if one.actor == "processor"]
    assert calls == [*["PutItem"] * len(table(deployed).consent), "UpdateItem"]


def test_second_copy_succeeds_and_changes_nothing(deployed: World, written: Written) -> None:
    deployed.deliver(BODY)
    [message] = deployed.backend.receive(KIND)
    assert deployed.work(KIND, [message]) == []
    before = deployed.backend.items()
    written.text()
    assert deployed.work(KIND, [message]) == []
    assert deployed.backend.items() == before
    assert [line["message"] for line in written.logs()] == ["already processed"]


def test_event_that_is_not_on_the_ledger_is_put_back_from_its_message(deployed: World) -> None:
    """A table that was restored to an earlier time gets the event again."""
    assert work(deployed, KIND, record_of(CALL)) == []
    item = table(deployed).ledger[KEY]
    assert (item["status"]["S"], item["received_at"]["S"]) == ("processed", CALL.received_at)
    assert table(deployed).bodies[KEY] == BODY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (POISON, "message-unreadable"),
        ("", "message-unreadable"),
        (encode(message_of(samples.body(samples.SMS_SENT))), "message-of-another-kind"),
    ],
)
def test_poison_fails_alone(deployed: World, written: Written, text: str, reason: str) -> None:
    poison = record(text, KIND)
    assert work(deployed, KIND, poison, record_of(CALL)) == [poison["messageId"]]
    assert list(table(deployed).timeline) == [KEY]
    assert [line.get("reason") for line in written.logs()] == [reason, None]


def test_refused_event_records_the_reason(deployed: World) -> None:
    deployed.deliver(samples.body(samples.changed(samples.CALL_COMPLETED, direction="sideways")))
    assert len(deployed.poll(KIND) or []) == 1
    assert table(deployed).ledger[KEY]["error"] == {"S": "model-refused"}


def test_body_that_is_no_event_is_recorded(deployed: World) -> None:
    failing = record_of(kept(deployed)._replace(body="{"))
    assert work(deployed, KIND, failing) == [failing["messageId"]]
    assert table(deployed).ledger[KEY]["error"] == {"S": "not-json"}


@pytest.mark.parametrize(
    ("receives", "status"), [(1, "received"), (4, "received"), (5, "failed"), (6, "failed")]
)
def test_last_receive_makes_the_event_failed(deployed: World, receives: int, status: str) -> None:
    message = kept(deployed)
    deployed.wire.standing = on("UpdateItem", throttled, number=1)
    assert len(work(deployed, KIND, record_of(message, receives=receives))) == 1
    item = table(deployed).ledger[KEY]
    assert (item["status"]["S"], item["attempts"]["N"]) == (status, str(receives))
    assert item["error"] == {"S": "ledger-unavailable"}


def test_failure_that_cannot_be_recorded_still_fails_the_record(
    deployed: World, written: Written
) -> None:
    deployed.deliver(BODY)
    deployed.wire.standing = on("UpdateItem", throttled)
    written.text()
    assert len(deployed.poll(KIND) or []) == 1
    assert [line["level"] for line in written.logs()] == ["ERROR", "ERROR"]
    deployed.wire.standing = lambda _call: None
    assert deployed.poll(KIND) == []


def test_unexpected_error_is_recorded_by_its_class_and_place(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret text")

    deployed.deliver(BODY)
    with monkeypatch.context() as patched:
        patched.setattr("ledger.events.Ledger.process", fail)
        assert len(deployed.poll(KIND) or []) == 1
    error = table(deployed).ledger[KEY]["error"]["S"]
    assert re.fullmatch(r"unexpected: ZeroDivisionError at test_consumer\.py:\d+", error)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2026-03-12T14:30:00Z", "2026-03-12T14:30:00.000Z"),
        ("0001-01-01T00:00:00Z", CALL.received_at),
        ("yesterday", CALL.received_at),
        # Clocks differ; an event of the far future would be the newest for ever.
        (iso(epoch(CALL.received_at) + 300), iso(epoch(CALL.received_at) + 300)),
        (iso(epoch(CALL.received_at) + 301), CALL.received_at),
        ("9999-01-01T00:00:00Z", CALL.received_at),
    ],
)
def test_event_is_on_its_timeline_at_its_own_time_or_else_its_arrival(
    deployed: World, timestamp: str, at: str
) -> None:
    key = arrive(deployed, {**samples.CALL_COMPLETED, "timestamp": timestamp})
    entry = table(deployed).timeline[key]
    assert (entry["at"], entry["stands at"]) == (at, (NUMBER, at))


def test_half_characters_are_replaced(deployed: World) -> None:
    """A text that was cut in the middle of an emoji can be stored."""
    key = arrive(
        deployed,
        samples.changed(samples.CALL_COMPLETED, notes="Thanks \ud83d", **{"\udc00": "x"}),
    )
    assert table(deployed).timeline[key]["notes"] == "Thanks ?"


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_entry_is_json_for_everybody(deployed: World, number: str) -> None:
    """An endless number is legal JSON in, and none comes out."""
    text = samples.body(samples.changed(samples.CALL_COMPLETED, rating=0)).decode()
    deployed.deliver(text.replace('"rating": 0', f'"rating": {number}').encode())
    deployed.poll(KIND)
    json.dumps(unpack_entry(table(deployed).ledger[KEY]), allow_nan=False)


# ------------------------------------------------------------ whose timeline


def update(**data: Any) -> samples.Document:
    return samples.CALL_UPDATED | {"data": {"call_id": "c1", "notes": "later", **data}}


def test_update_that_names_nobody_is_stored_under_its_call(deployed: World) -> None:
    key = arrive(deployed, update())
    entry = table(deployed).timeline[key]
    assert (entry["stands at"][0], entry["number"]) == ("call:c1", "call:c1")
    assert "call:c1" in entry["subjects"]


def test_withheld_caller_is_visible_as_unknown(deployed: World) -> None:
    key = arrive(deployed, samples.changed(samples.CALL_COMPLETED, from_=None))
    assert table(deployed).timeline[key]["stands at"][0] == "unknown"


# ------------------------------------------------------------ consent


def opted_out(deployed: World) -> bool:
    changes = history({"sk": {"S": one}} for one in table(deployed).consent)
    return states_of(changes)["opted_out"].value


@pytest.mark.parametrize(("fault", "kept"), [(died_before, 0), (died_after, 1)])
def test_consent_is_written_before_the_step_to_processed(
    deployed: World, fault: Fault, kept: int
) -> None:
    """A processor that dies in between runs again and writes the same."""
    deployed.deliver(samples.body(samples.SMS_OPTOUT))
    deployed.wire.standing = on("PutItem", fault, number=1)
    assert deployed.poll("consent.changed") is None
    assert len(table(deployed).consent) == kept
    assert table(deployed).timeline == {}
    assert deployed.poll("consent.changed") == []
    assert opted_out(deployed) is True
    assert len(table(deployed).consent) == 1
    assert len(table(deployed).timeline) == 1


def test_opt_in_that_claims_to_be_of_the_future_does_not_beat_a_later_opt_out(
    deployed: World,
) -> None:
    """The clock of consent is the earlier of the event's time and its arrival."""
    ahead = iso(deployed.clock.now + 290)
    arrive(deployed, samples.SMS_OPTIN | {"timestamp": ahead})
    deployed.clock.now += 60
    arrive(deployed, samples.SMS_OPTOUT | {"timestamp": iso(deployed.clock.now)})
    assert opted_out(deployed) is True
    assert len(table(deployed).consent) == 2


# ------------------------------------------------------------ a message without a body


def test_body_that_is_not_in_the_message_is_read_from_the_ledger(deployed: World) -> None:
    deployed.deliver(BODY)
    assert work(deployed, KIND, record_of(CALL._replace(body=None))) == []
    assert table(deployed).timeline[KEY]["stands at"][0] == NUMBER


def test_message_without_a_body_and_without_a_ledger_item_fails(deployed: World) -> None:
    assert len(work(deployed, KIND, record_of(CALL._replace(body=None)))) == 1
    assert table(deployed).ledger == {}


def test_duplicate_that_the_handler_sends_again_carries_no_body(deployed: World) -> None:
    """The entry is compressed with the body that is kept, not with the one that came again."""
    deployed.wire.standing = lambda call: (
        throttled if (call.operation, call.number) == ("SendMessage", 1) else None
    )
    assert deployed.deliver(BODY).status == 503
    deployed.clock.now += 60
    assert deployed.deliver(BODY).word == "duplicate"
    [message] = deployed.backend.receive(KIND)
    assert decode(message["Body"]).body is None
    assert deployed.work(KIND, [message]) == []
    assert table(deployed).timeline[KEY]["notes"] == samples.CALL_COMPLETED["data"]["notes"]


# ------------------------------------------------------------ a message whose event was replaced


def test_message_of_a_replaced_event_is_a_noted_no_op(deployed: World, written: Written) -> None:
    """A better authenticated event has the key now, and a message of its own."""
    weaker = samples.body(samples.changed(samples.CALL_COMPLETED, notes="invented"))
    deployed.deliver(weaker, dialect="url-signed")
    assert deployed.deliver(BODY).word == "accepted"
    first, second = deployed.backend.receive(KIND)
    written.text()
    assert deployed.work(KIND, [first]) == []
    [line] = written.logs()
    assert (line["message"], line["reason"], line["event_key"]) == (
        "replaced",
        "body-replaced",
        KEY,
    )
    assert table(deployed).ledger[KEY]["status"] == {"S": "received"}
    assert "error" not in table(deployed).ledger[KEY]
    assert deployed.work(KIND, [second]) == []
    assert table(deployed).timeline[KEY]["dialect"] == "body-signed"


# ------------------------------------------------------------ settings and samples


def test_tables_are_made_once_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "EVENTS_TABLE": "events",
        "MAX_RECEIVES": "5",
        "RETENTION_DAYS": "400",
    }.items():
        monkeypatch.setenv(name, value)
    consumer._tables.cache_clear()
    assert consumer._tables() is consumer._tables()
    assert consumer._tables().max_receives == 5
    consumer._tables.cache_clear()


def test_message_of_the_samples_is_the_handlers() -> None:
    text = json.loads((EVENTS / "sqs" / "call_completed.json").read_text())["Records"][0]["body"]
    assert decode(text) == CALL
