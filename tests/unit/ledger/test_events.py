"""Every change of an event's status, on the small AWS."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import NoRegionError

from aws import clients
from errors import BodyReplaced, LedgerItemMissing, LedgerUnavailable
from justcall.event import DISMISSED, FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED
from justcall.keys import content_hash
from justcall.moments import iso
from ledger import bodies, queries, schema
from ledger.events import DIED, Ledger
from ledger.items import Existing
from tests.support import samples, url_samples
from tests.support.fakes import StubClient, aws_error
from tests.support.faults import Fault, World, conflicted, throttled, timed_out
from tests.unit.ledger.conftest import DAYS, KEY, NOW, TABLE, Items, event, noise

MOMENT = "2026-03-12T14:40:01.250Z"
SHARD = schema.shard(KEY)
OWN = event().delivery_id
AT = "2026-03-12T14:30:00.000Z"
ENTRY: dict[str, Any] = {"direction": "inbound"}
PLACED = {"at": AT, "key": KEY, "type": "call.completed", "number": "+14155559876",
          "dialect": "body-signed", "received_at": MOMENT}  # fmt: skip
LARGE = noise(1_048_576)
SIZES = {"one item": b"{}", "in parts": LARGE}


def process(ledger: Ledger, now: float = NOW + 1, **entry: Any) -> bool:
    return ledger.process(event(), "+14155559876", AT, ENTRY | entry, 1, now)


# ------------------------------------------------------------ keeping


def test_new_event_is_kept_with_all_that_is_known(ledger: Ledger, items: Items) -> None:
    assert ledger.keep(event()) is None
    assert items.ledger() == {
        "pk": "event#call.completed:1",
        "sk": "ledger",
        "cell": f"received#{SHARD}",
        "dialect": "body-signed",
        "delivery_id": "delivery",
        "status": "received",
        "received_at": MOMENT,
        "event_time": "2026-03-12T14:30:00.000Z",
        "deliveries": "1",
        "body_hash": bytes.fromhex(content_hash(b"{}")),
        "expires_at": str(int(NOW) + DAYS * 86_400),
        "text": "{}",
    }


def test_event_without_a_time_is_kept_without_one(ledger: Ledger, items: Items) -> None:
    ledger.keep(event(event_time=None))
    assert "event_time" not in items.ledger()


@pytest.mark.parametrize("content", SIZES.values(), ids=SIZES)
def test_second_delivery_finds_the_first(ledger: Ledger, items: Items, content: bytes) -> None:
    ledger.keep(event(content))
    second = event(b"other content of any size", delivery_id="second", received_at=NOW + 60)
    wanted = ("delivery", RECEIVED, "body-signed", content_hash(content), NOW, NOW)
    for other in (second, second._replace(body=LARGE)):
        existing = ledger.keep(other)
        assert existing
        assert existing[:-1] == wanted
        assert existing.item == items.raw()["event#call.completed:1", "ledger"]


@pytest.mark.parametrize("content", SIZES.values(), ids=SIZES)
def test_retry_of_the_own_put_is_no_duplicate(ledger: Ledger, content: bytes) -> None:
    """An answer was lost, and the client repeated the put."""
    assert [ledger.keep(event(content)) for _ in range(2)] == [None, None]


def test_existing_event_tells_when_it_was_last_sent(ledger: Ledger) -> None:
    ledger.keep(event())
    ledger.count_delivery(KEY, NOW + 40, sent=True)
    existing = ledger.keep(event(delivery_id="second"))
    assert existing is not None
    assert (existing.received_at, existing.sent_at) == (NOW, NOW + 40)


@pytest.mark.parametrize("content", SIZES.values(), ids=SIZES)
def test_keeping_is_one_call(deployed: World, ledger: Ledger, content: bytes) -> None:
    """A body in parts is there whole or not at all."""
    deployed.invoke("handler", lambda: ledger.keep(event(content)))
    assert len(deployed.wire.calls) == 1


def test_large_body_is_kept_in_parts_that_expire_with_it(ledger: Ledger, items: Items) -> None:
    ledger.keep(event(LARGE))
    head, *parts = (items.raw()[place] for place in sorted(items.raw()))
    assert head["parts"] == {"N": str(len(parts))}
    assert {one["expires_at"]["N"] for one in (head, *parts)} == {head["expires_at"]["N"]}
    assert all("cell" not in part for part in parts)
    assert bodies.unpack([head, *parts]) == LARGE


@pytest.mark.parametrize("content", SIZES.values(), ids=SIZES)
def test_conflict_is_kept_beside_its_event_once(
    ledger: Ledger, items: Items, content: bytes
) -> None:
    ledger.keep(event(b"first"))
    for _ in range(2):
        ledger.keep_evidence(event(content))
    places = schema.evidence(content_hash(content)), schema.parts_prefix(content_hash(content))
    beside = [one for (_, sk), one in sorted(items.raw().items()) if sk.startswith(places)]
    assert bodies.unpack(beside) == content
    assert not beside[0].keys() & {"cell", "contact"}, "evidence is in no index"
    assert items.ledger()["text"] == "first"


@pytest.mark.parametrize(("sent", "attribute"), [(True, "sent_at"), (False, "last_delivery_at")])
def test_each_delivery_is_counted(ledger: Ledger, items: Items, sent: bool, attribute: str) -> None:
    ledger.keep(event())
    before = items.ledger()
    ledger.count_delivery(KEY, NOW + 60, sent=sent)
    assert items.ledger() == before | {"deliveries": "2", attribute: iso(NOW + 60)}


@pytest.mark.parametrize("content", [
    samples.body(samples.CALL_COMPLETED),
    samples.body(url_samples.document("call.completed")),
])  # fmt: skip
def test_common_event_needs_one_write_unit(ledger: Ledger, items: Items, content: bytes) -> None:
    """Before and after its step to *processed*; its entry is compressed with its body."""
    ledger.keep(event(content))
    data = {name: value for name, value in samples.CALL_COMPLETED["data"].items() if value}
    ledger.process(event(content), "+14155559876", AT, ENTRY | data, 1, NOW)
    item = items.ledger()
    assert sum(len(name) + len(value) for name, value in item.items()) <= bodies.WRITE_UNIT


# ------------------------------------------------------------ the step to processed


def test_processed_event_is_on_its_timeline(ledger: Ledger, items: Items) -> None:
    ledger.keep(event())
    before = items.ledger()
    assert process(ledger, notes="hello") is True
    item = items.ledger()
    assert bodies.unpack_entry(
        items.raw()["event#call.completed:1", "ledger"]
    ) == PLACED | ENTRY | {"notes": "hello"}
    assert item == before | {
        "status": "processed",
        "cell": f"processed#2026-03-12#{SHARD}",
        "contact": "+14155559876",
        "at": "2026-03-12T14:30:00.000Z",
        "entry": item["entry"],
        "processed_at": iso(NOW + 1),
        "attempts": "1",
    }


def test_event_is_processed_once(ledger: Ledger, items: Items) -> None:
    ledger.keep(event())
    process(ledger)
    before = items.ledger()
    assert process(ledger, NOW + 60, notes="again") is False
    assert items.ledger() == before


def test_event_that_is_not_on_the_ledger_is_not_processed(ledger: Ledger, items: Items) -> None:
    with pytest.raises(LedgerItemMissing):
        process(ledger)
    assert items.raw() == {}


def test_late_success_counts_after_failed_and_stuck(ledger: Ledger, items: Items) -> None:
    """A dead letter that is redriven, or a message that waited for long."""
    ledger.keep(event())
    ledger.fail(KEY, OWN, "model-refused", 5, NOW, last=True)
    assert process(ledger) is True
    assert "error" not in items.ledger()
    ledger.reopen(KEY, PROCESSED, NOW)
    ledger.give_up(KEY, NOW)
    assert process(ledger) is True


@pytest.mark.parametrize("size", [bodies.MAX_INLINE_BYTES, 32_900, 400_000])
def test_entry_decodes_whether_its_body_is_inline_or_in_parts(
    ledger: Ledger, items: Items, size: int
) -> None:
    content = noise(size // 2).hex().encode()
    ledger.keep(event(content))
    ledger.process(event(content), "+14155559876", AT, ENTRY, 1, NOW)
    assert bodies.unpack_entry(items.raw()["event#call.completed:1", "ledger"]) == PLACED | ENTRY


# ------------------------------------------------------------ failures


def test_failure_records_reason_attempt_and_times(ledger: Ledger, items: Items) -> None:
    ledger.keep(event())
    before = items.ledger()
    ledger.fail(KEY, OWN, "unexpected: KeyError", 1, NOW + 1, last=False)
    first = {"error": "unexpected: KeyError", "attempts": "1", "failed_at": iso(NOW + 1)}
    assert items.ledger() == before | first | {"first_failed_at": iso(NOW + 1)}
    ledger.fail(KEY, OWN, "model-refused", 5, NOW + 9, last=True)
    assert items.ledger() == before | {
        "error": "model-refused",
        "attempts": "5",
        "failed_at": iso(NOW + 9),
        "first_failed_at": iso(NOW + 1),
        "status": "failed",
        "cell": f"failed#{SHARD}",
    }


@pytest.mark.parametrize("last", [False, True])
def test_failure_never_undoes_processed(ledger: Ledger, items: Items, last: bool) -> None:
    ledger.keep(event())
    process(ledger)
    before = items.ledger()
    ledger.fail(KEY, OWN, "late copy", 5, NOW, last=last)
    assert items.ledger() == before


# ------------------------------------------------------------ the sweeper's changes


def test_sweep_is_counted_once(ledger: Ledger, items: Items) -> None:
    """Two sweeps that read the same count: one takes the event."""
    ledger.keep(event())
    before = items.ledger()
    assert [ledger.take(KEY, 0, NOW + 90) for _ in range(2)] == [True, False]
    assert items.ledger() == before | {"sweeps": "1", "sent_at": iso(NOW + 90)}
    assert [ledger.take(KEY, 1, NOW + 300) for _ in range(2)] == [True, False]
    assert items.ledger()["sweeps"] == "2"


def test_given_up_event_is_stuck(ledger: Ledger, items: Items) -> None:
    ledger.keep(event())
    before = items.ledger()
    assert ledger.give_up(KEY, NOW + 90) is True
    stuck = {"status": "stuck", "cell": f"stuck#{SHARD}", "stuck_at": iso(NOW + 90)}
    assert items.ledger() == before | stuck


def test_buried_event_is_failed(ledger: Ledger, items: Items) -> None:
    ledger.keep(event())
    before = items.ledger()
    assert ledger.bury(KEY, OWN, NOW, 5, NOW + 600) is True
    assert items.ledger() == before | {
        "status": "failed",
        "cell": f"failed#{SHARD}",
        "error": DIED,
        "attempts": "5",
        "failed_at": iso(NOW + 600),
        "first_failed_at": iso(NOW + 600),
    }


def test_burying_keeps_the_reason_that_a_processor_gave(ledger: Ledger, items: Items) -> None:
    ledger.keep(event())
    ledger.fail(KEY, OWN, "model-refused", 4, NOW + 1, last=False)
    assert ledger.bury(KEY, OWN, NOW, 5, NOW + 600) is True
    item = items.ledger()
    assert (item["error"], item["first_failed_at"]) == ("model-refused", iso(NOW + 1))


@pytest.mark.parametrize(("after", "buried"), [(60, True), (61, False)])
def test_old_dead_letter_does_not_bury_an_event_that_was_sent_again(
    ledger: Ledger, after: float, buried: bool
) -> None:
    """Clocks may differ by a minute."""
    ledger.keep(event())
    ledger.count_delivery(KEY, NOW + after, sent=True)
    assert ledger.bury(KEY, OWN, NOW, 5, NOW + 600) is buried


OPEN_ONLY: dict[str, Callable[[Ledger], bool]] = {
    "take": lambda it: it.take(KEY, 0, NOW),
    "give up": lambda it: it.give_up(KEY, NOW),
    "bury": lambda it: it.bury(KEY, OWN, NOW, 5, NOW),
}


@pytest.mark.parametrize(
    "status", [PROCESSED, FAILED, STUCK, UNHANDLED, QUARANTINED, DISMISSED, None]
)
@pytest.mark.parametrize("change", OPEN_ONLY.values(), ids=OPEN_ONLY)
def test_sweeper_changes_only_open_events(
    ledger: Ledger, items: Items, change: Callable[[Ledger], bool], status: str | None
) -> None:
    if status:
        bring_to(ledger, status)
    before = items.raw()
    assert change(ledger) is False
    assert items.raw() == before


# ------------------------------------------------------------ replay


def bring_to(ledger: Ledger, status: str) -> None:
    """Keep an event and let it get a status."""
    ledger.keep(event(status=status if status in (UNHANDLED, QUARANTINED) else RECEIVED))
    if status == PROCESSED:
        ledger.fail(KEY, OWN, "first attempt", 1, NOW, last=False)
        process(ledger)
    elif status == FAILED:
        ledger.fail(KEY, OWN, "model-refused", 5, NOW, last=True)
    elif status == STUCK:
        ledger.take(KEY, 0, NOW)
        ledger.give_up(KEY, NOW)
    elif status == DISMISSED:
        ledger.fail(KEY, OWN, "model-refused", 5, NOW, last=True)
        ledger.dismiss(KEY, FAILED, "wrong number", NOW)


@pytest.mark.parametrize(
    "status", [RECEIVED, PROCESSED, FAILED, STUCK, UNHANDLED, QUARANTINED, DISMISSED]
)
def test_reopened_event_is_as_if_it_had_just_come(
    ledger: Ledger, items: Items, status: str
) -> None:
    """From any status: off its timeline, without the history of its failures, sent now."""
    bring_to(ledger, status)
    kept = event()
    assert items.ledger()["cell"].startswith(status)
    assert ledger.reopen(KEY, status, NOW + 60) is True
    item = items.ledger()
    assert item.pop("sent_at") == iso(NOW + 60)
    assert (item["status"], item["cell"]) == (RECEIVED, f"received#{SHARD}")
    assert item["received_at"] == iso(kept.received_at)
    history = {"contact", "at", "entry", "processed_at", "error", "attempts", "sweeps"}
    assert not item.keys() & (history | {"failed_at", "first_failed_at", "stuck_at"})
    assert process(ledger) is True


@pytest.mark.parametrize("status", [RECEIVED, PROCESSED, STUCK, None])
def test_event_whose_status_changed_is_not_reopened(
    ledger: Ledger, items: Items, status: str | None
) -> None:
    if status:
        bring_to(ledger, status)
    before = items.raw()
    assert ledger.reopen(KEY, FAILED, NOW + 60) is False
    assert items.raw() == before


def test_two_replays_at_once_reopen_once(ledger: Ledger) -> None:
    bring_to(ledger, PROCESSED)
    assert [ledger.reopen(KEY, PROCESSED, now) for now in (NOW, NOW + 1)] == [True, False]


# ------------------------------------------------------------ dismissing


@pytest.mark.parametrize("status", [FAILED, STUCK, UNHANDLED, QUARANTINED])
def test_dismissed_event_keeps_its_failure_and_the_reason(
    ledger: Ledger, items: Items, status: str
) -> None:
    bring_to(ledger, status)
    before = items.ledger()
    assert ledger.dismiss(KEY, status, "wrong number", NOW + 60) is True
    decision = {"at": {"S": iso(NOW + 60)}, "reason": {"S": "wrong number"}, "was": {"S": status}}
    assert items.ledger() == before | {
        "status": DISMISSED,
        "cell": f"dismissed#{SHARD}",
        "dismissals": [{"M": decision}],
    }
    assert ledger.dismiss(KEY, status, "wrong number", NOW + 60) is True, "the client's retry"
    assert ledger.dismiss(KEY, status, "another", NOW + 61) is False


def test_dismissals_are_kept_over_a_replay(ledger: Ledger, items: Items) -> None:
    for number in range(2):
        ledger.keep(event())
        ledger.give_up(KEY, NOW)
        assert ledger.dismiss(KEY, STUCK, f"reason {number}", NOW)
        assert ledger.reopen(KEY, DISMISSED, NOW + 1)
    said = [one["M"]["reason"]["S"] for one in items.ledger()["dismissals"]]
    assert said == ["reason 0", "reason 1"]


def test_late_message_processes_a_dismissed_event_but_does_not_fail_it(
    ledger: Ledger, items: Items
) -> None:
    bring_to(ledger, DISMISSED)
    before = items.raw()
    for last in (False, True):
        ledger.fail(KEY, OWN, "unexpected", 5, NOW + 1, last=last)
    assert ledger.bury(KEY, OWN, NOW, 5, NOW + 600) is False
    assert items.raw() == before
    assert process(ledger) is True


# ------------------------------------------------------------ taking over

WEAK = Existing(
    "weaker", RECEIVED, "url-signed", "00", NOW, NOW,
    {"pk": {"S": f"event#{KEY}"}, "sk": {"S": "ledger"}},
)  # fmt: skip


@pytest.mark.parametrize("status", [RECEIVED, PROCESSED])
@pytest.mark.parametrize("new", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("old", [b"[]", noise(500_000)], ids=SIZES)
def test_better_authenticated_event_takes_the_key_over(
    ledger: Ledger, deployed: World, items: Items, status: str, old: bytes, new: bytes
) -> None:
    """One call; the other is evidence with its body, in no index and with the same time to live."""
    weak = event(old, delivery_id="weaker", dialect="url-signed")
    ledger.keep(weak)
    if status == PROCESSED:
        ledger.process(weak, "+14155559876", AT, ENTRY, 1, NOW)
    before = items.ledger()
    existing = ledger.keep(event(new))
    assert existing
    begun = len(deployed.wire.calls)
    deployed.invoke("handler", lambda: ledger.take_over(event(new), existing))
    assert [one.operation for one in deployed.wire.calls[begun:]] == ["TransactWriteItems"]
    assert queries.event(clients.dynamodb, TABLE, KEY) == event(new)
    assert (items.ledger()["cell"], items.ledger()["deliveries"]) == (f"received#{SHARD}", "1")
    raw = {sk: one for (_, sk), one in sorted(items.raw().items())}
    evidence = raw[schema.evidence(weak.body_hash)]
    assert not evidence.keys() & {"cell", "contact", "at", "entry"}
    assert evidence["expires_at"]["N"] == before["expires_at"]
    parts = [one for sk, one in raw.items() if sk.startswith(schema.parts_prefix(weak.body_hash))]
    assert bodies.unpack([evidence, *parts]) == old
    assert ledger.process(event(new), "+14155559876", AT, ENTRY, 1, NOW) is True


def test_key_that_another_delivery_took_over_is_not_taken_over(
    ledger: Ledger, items: Items
) -> None:
    """What is there instead is returned; a retry finds its own write."""
    ledger.keep(event(b"[]", delivery_id="weaker", dialect="url-signed"))
    existing = ledger.keep(event())
    assert existing
    assert ledger.take_over(event(), existing) is None
    before = items.raw()
    assert ledger.take_over(event(), existing) is None
    found = ledger.take_over(event(b"1", delivery_id="third"), existing)
    assert found
    assert (found.delivery_id, found.dialect) == (OWN, "body-signed")
    assert items.raw() == before


def test_message_of_a_replaced_event_changes_nothing(ledger: Ledger, items: Items) -> None:
    """Nor does its failure, or its dead letter."""
    ledger.keep(event())
    before = items.raw()
    with pytest.raises(BodyReplaced):
        ledger.process(event(delivery_id="weaker"), "+14155559876", AT, ENTRY, 1, NOW)
    ledger.fail(KEY, "weaker", "unexpected", 5, NOW, last=True)
    assert ledger.bury(KEY, "weaker", NOW, 5, NOW + 600) is False
    assert items.raw() == before


# ------------------------------------------------------------ DynamoDB refuses

CALLS: dict[str, Callable[[Ledger], object]] = {
    "keep": lambda it: it.keep(event()),
    "keep in parts": lambda it: it.keep(event(LARGE)),
    "keep evidence": lambda it: it.keep_evidence(event()),
    "take over": lambda it: it.take_over(event(), WEAK),
    "count delivery": lambda it: it.count_delivery(KEY, NOW, sent=True),
    "process": process,
    "fail": lambda it: it.fail(KEY, OWN, "unexpected", 1, NOW, last=True),
    "reopen": lambda it: it.reopen(KEY, FAILED, NOW),
    "dismiss": lambda it: it.dismiss(KEY, FAILED, "why", NOW),
    **OPEN_ONLY,
}


@pytest.mark.parametrize("fault", [throttled, timed_out, conflicted])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_refusal_is_unavailable(
    deployed: World, ledger: Ledger, call: Callable[[Ledger], object], fault: Fault
) -> None:
    """Never taken for "done", "there already" or "not there"."""
    deployed.wire.standing = lambda _call: fault
    assert deployed.invoke("handler", lambda: call(ledger)) is None
    [error] = deployed.errors
    assert isinstance(error, LedgerUnavailable)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_client_that_cannot_be_made_is_unavailable(call: Callable[[Ledger], object]) -> None:
    def fail() -> Any:
        raise NoRegionError

    with pytest.raises(LedgerUnavailable):
        call(Ledger(fail, TABLE, DAYS))


@pytest.mark.parametrize(
    "reasons",
    [
        [{"Code": "TransactionConflict", "Item": {}}, {"Code": "None"}],
        [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "x"}}}],
        [],
    ],
)
def test_only_the_heads_condition_means_that_a_key_is_taken(reasons: list[Any]) -> None:
    """These come from races that no single process makes on a small AWS."""
    cancelled = aws_error("TransactionCanceledException", CancellationReasons=reasons)
    client: Any = StubClient(transact_write_items=cancelled)
    with pytest.raises(LedgerUnavailable):
        Ledger(lambda: client, TABLE, DAYS).keep(event(LARGE))
