"""The tests of this folder can fail: each way to break the promise on purpose turns them red."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from aws import clients
from errors import LedgerUnavailable
from handler import receive
from handler.authenticate import Verified
from ledger import events as ledger
from ledger import schema, writes
from ledger.consent import Consent
from messaging.message import decode, message_of
from sweeper import sweep
from tests.crash.stories import KIND, LARGE, STORIES, calls_of, cases
from tests.crash.test_at_once import SCENES, play
from tests.crash.test_every_step import tell
from tests.support import stack
from tests.support.deliveries import signed
from tests.support.faults import Call, Fault, faults_of, queue_url, world
from tests.support.interleaving import Choices, explore
from tests.support.promise import assert_kept, call

type Patch = Callable[[pytest.MonkeyPatch], None]


# Seen by the model's histories (tests/model), not by the stories: a message that comes before its
# put is put back or refused.
def send_before_put(patch: pytest.MonkeyPatch) -> None:
    keep = ledger.Ledger.keep

    def accept(delivery: Any, verified: Any, ports: Any, deadline: Any) -> Any:
        event = receive._read(delivery, verified)
        receive._send(event.type, message_of(event), ports.queues)
        existing = keep(ports.ledger, event)
        if existing is None:
            return receive.Outcome(receive.ACCEPTED, event.key)
        return receive._decide(event, existing, ports, deadline)

    patch.setattr(receive, "_accept", accept)


def two_hundred_after_a_failed_put(patch: pytest.MonkeyPatch) -> None:
    real = ledger.Ledger.keep

    def keep(self: Any, event: Any) -> Any:
        try:
            return real(self, event)
        except LedgerUnavailable:
            return None

    patch.setattr(ledger.Ledger, "keep", keep)


def put_without_condition(patch: pytest.MonkeyPatch) -> None:
    always = {"ConditionExpression": "attribute_not_exists(nothing)"}
    patch.setattr(writes, "IF_ABSENT", {**writes.IF_ABSENT, **always})


def evidence_thrown_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger.Ledger, "keep_evidence", lambda _self, _event: None)


def weaker_takes_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(receive, "URL_SIGNED", "body-signed")


def old_event_is_dropped(patch: pytest.MonkeyPatch) -> None:
    real = writes.Writes.transact
    patch.setattr(writes.Writes, "transact", lambda self, puts: real(self, [puts[0], *puts[2:]]))


def dead_letter_of_another_delivery(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_SAME_BODY", "attribute_exists(pk)")


def signature_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(receive, "authenticate", lambda *_: Verified("body-signed"))


def process_without_condition(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_NOT_PROCESSED", "attribute_exists(pk)")


def processed_stays_in_its_cell(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schema, "cell", lambda _status, key, _at: f"received#{schema.shard(key)}")


def consent_after_the_step(patch: pytest.MonkeyPatch) -> None:
    real = ledger.Ledger.process

    def process(self: Any, event: Any, *arguments: Any) -> bool:
        done = real(self, event, *arguments)
        for late in waiting:
            late()
        waiting.clear()
        return done

    waiting: list[Callable[[], None]] = []
    record_now = Consent.record
    patch.setattr(
        Consent, "record", lambda self, *change: waiting.append(partial(record_now, self, *change))
    )
    patch.setattr(ledger.Ledger, "process", process)


def consent_that_may_be_lost(patch: pytest.MonkeyPatch) -> None:
    record_now = Consent.record

    def record(self: Any, *change: Any) -> None:
        with suppress(LedgerUnavailable):
            record_now(self, *change)

    patch.setattr(Consent, "record", record)


def only_the_newest_change_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schema, "consent_change", lambda flag, at, step, *_: f"{flag}#{at}#{step}##")


def take_and_never_send(patch: pytest.MonkeyPatch) -> None:
    def send(self: Any, _kind: str, event: Any) -> None:
        assert self._ports.ledger.take(event.key, event.sweeps, self._now)

    patch.setattr(sweep.Sweep, "_send", send)


def take_after_sending(patch: pytest.MonkeyPatch) -> None:
    def send(self: Any, kind: str, event: Any) -> None:
        whole = self._ports.open_events.load(event.key)
        if whole:
            self._ports.queues.send(kind, message_of(whole))
            self._ports.ledger.take(event.key, event.sweeps, self._now)

    patch.setattr(sweep.Sweep, "_send", send)


def bury_what_is_processed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_STILL_OPEN", "attribute_exists(pk)")


def dead_letters_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sweep.Sweep, "_bury", lambda _self: None)


def tell_every_case(*names: str) -> None:
    for name in names:
        for case in cases(name):
            with world() as made:
                tell(made, case)


def play_every_failure(name: str) -> None:
    scene = SCENES[name]
    found: set[Call] = set()
    explore(lambda choices: found.update(play(scene, choices, None, None)))
    for one in sorted(found):
        for fault in scene.faults or faults_of(one.operation):
            explore(partial(_again, name, one, fault))


def _again(name: str, failing: Call, fault: Fault, choices: Choices) -> None:
    play(SCENES[name], choices, failing, fault)


def deliver_a_forgery() -> None:
    with world() as made:
        made.forge(call(), signed(call(), secret="a guess"))
        made.settle()
        assert_kept(made)


def redrive_too_early() -> None:
    """A copy of a message that was processed lies among the dead letters."""
    with world() as made:
        made.deliver(call())
        [message] = made.backend.receive(KIND)
        made.work(KIND, [message])
        clients.sqs().send_message(QueueUrl=queue_url(KIND, dead=True), MessageBody=message["Body"])
        made.settle()
        assert_kept(made)


BROKEN: Sequence[tuple[Patch, Callable[[], None]]] = (
    (two_hundred_after_a_failed_put, lambda: tell_every_case("plain")),
    (put_without_condition, lambda: tell_every_case("again", "weaker")),
    (evidence_thrown_away, lambda: tell_every_case("weaker")),
    (weaker_takes_over, lambda: tell_every_case("weaker")),
    (old_event_is_dropped, lambda: tell_every_case("taken over")),
    (dead_letter_of_another_delivery, lambda: tell_every_case("taken over after a death")),
    (signature_not_looked_at, deliver_a_forgery),
    (process_without_condition, lambda: play_every_failure("two processors, last receive")),
    (processed_stays_in_its_cell, lambda: tell_every_case("plain")),
    (consent_after_the_step, lambda: tell_every_case("opted out")),
    (consent_that_may_be_lost, lambda: tell_every_case("flagged")),
    (only_the_newest_change_kept, lambda: tell_every_case("opted out")),
    (take_and_never_send, lambda: tell_every_case("lost")),
    (take_after_sending, lambda: tell_every_case("lost")),
    (bury_what_is_processed, redrive_too_early),
    (dead_letters_not_looked_at, lambda: tell_every_case("dead")),
)


@pytest.mark.parametrize(
    ("patch", "probe"),
    BROKEN,
    ids=[f"{n}-{patch.__name__.replace('_', '-')}" for n, (patch, _) in enumerate(BROKEN)],
)
def test_a_broken_promise_is_found(
    patch: Patch, probe: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks the promise on purpose is noticed."""
    patch(monkeypatch)
    with pytest.raises(AssertionError):
        probe()


def test_the_probes_pass_when_nothing_is_broken() -> None:
    """Those probes that stand in no other test find nothing where nothing is."""
    deliver_a_forgery()
    redrive_too_early()


def test_every_call_is_known() -> None:
    """The stories make every call that handler, processors and sweeper can make."""
    made = {(one.actor, one.operation) for name in STORIES for one in calls_of(name)}
    assert made == {
        ("handler", "GetSecretValue"),
        ("handler", "PutItem"),
        ("handler", "TransactWriteItems"),
        ("handler", "SendMessage"),
        ("handler", "UpdateItem"),
        ("processor", "Query"),
        ("processor", "PutItem"),
        ("processor", "UpdateItem"),
        ("sweeper", "Query"),
        ("sweeper", "GetQueueAttributes"),
        ("sweeper", "ReceiveMessage"),
        ("sweeper", "ChangeMessageVisibility"),
        ("sweeper", "UpdateItem"),
        ("sweeper", "SendMessage"),
    }


def test_large_is_large() -> None:
    """The large body is cut into parts, and its message comes without it."""
    with world() as made:
        made.deliver(LARGE)
        assert sum(one["sk"]["S"].startswith("part#") for one in made.backend.items()) > 1
        assert decode(made.backend.receive("sms.received")[0]["Body"]).body is None


def test_call_that_the_small_aws_does_not_know_fails_the_test() -> None:
    """Even if the code takes it for a failure of AWS, and goes on."""
    query: Any = {
        "TableName": stack.physical_name("EventsTable"),
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "event#x"}},
        "Limit": 1,
    }

    def ask() -> None:
        with world() as made:
            made.invoke("reader", lambda: clients.dynamodb().query(**query))
            assert made.errors

    with pytest.raises(AssertionError, match="doesn't know"):
        ask()
