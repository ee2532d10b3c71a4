"""The receiving path, step by step, on fakes: verify → read → keep → send."""

import json
from typing import Any

import pytest

from errors import (
    BodyTooLarge,
    LedgerUnavailable,
    OutOfTime,
    QueueUnavailable,
    SecretUnavailable,
    SignatureRefused,
)
from handler.authenticate import Delivery
from handler.receive import MAX_BODY_BYTES, Outcome, receive
from justcall.catalogue import KINDS, kind_of
from justcall.event import FAILED, PROCESSED, QUARANTINED, RECEIVED, UNHANDLED, Event
from justcall.keys import content_hash
from justcall.moments import iso
from justcall.signature import sign
from ledger.items import Existing
from tests.support import url_samples
from tests.support.fakes import FakePorts, FakeTime
from tests.support.samples import (
    BY_KIND,
    CALL_COMPLETED,
    CALL_COMPLETED_SHORT,
    SECRET,
    UNKNOWN_TYPE,
    body,
    changed,
)

NOW = 1_773_326_401.25
BODY = body(CALL_COMPLETED)
KEY = "call.completed:call_8f3a2b1c"
PROBE = b'{"type": "call.completed", "webhook_url": "https://example.com"}'


@pytest.fixture
def ports() -> FakePorts:
    return FakePorts()


def deliver(
    ports: FakePorts,
    content: bytes = BODY,
    *,
    after: float = 0.0,
    secret: str = SECRET,
    calls: int = 100,
) -> Outcome:
    """Post a signed body, `after` seconds later than the first one."""
    delivery = Delivery(f"at-{after}", content, sign(content, secret), NOW + after)
    return receive(delivery, ports.ports(), FakeTime(calls))


def post(ports: FakePorts, content: bytes, header: str | None) -> Outcome:
    return receive(Delivery("forged", content, header, NOW), ports.ports(), FakeTime())


# ------------------------------------------------------------ accepting


@pytest.mark.parametrize("kind", KINDS)
def test_new_event_is_kept_and_sent(ports: FakePorts, kind: str) -> None:
    """A new event of each kind is on the ledger and in its kind's queue, whole."""
    content = body(BY_KIND[kind])
    outcome = deliver(ports, content)
    [(queue, message)] = ports.queues.sent
    event = ports.ledger.events[message.key]
    assert outcome == ("accepted", message.key, None)
    assert queue == kind == kind_of(message.type)
    assert message.type == event.type == BY_KIND[kind]["event"]
    assert event.status == RECEIVED
    assert (event.body, event.body_hash) == (content, content_hash(content))
    assert message.body == content.decode()
    assert message.received_at == iso(NOW)


def test_event_is_kept_before_it_is_sent(ports: FakePorts) -> None:
    """No message leaves for an event that is not on the ledger."""
    ports.ledger.lost = ["keep"]
    with pytest.raises(LedgerUnavailable):
        deliver(ports)
    assert ports.queues.sent == []


def test_event_knows_when_it_came(ports: FakePorts) -> None:
    """When a body-signed event happened, its body says."""
    deliver(ports)
    event = ports.ledger.events[KEY]
    assert (event.event_time, event.received_at) == (None, NOW)


def test_event_without_a_time_is_accepted(ports: FakePorts) -> None:
    """A missing timestamp is no reason to lose an event."""
    document = {name: CALL_COMPLETED[name] for name in ("event", "data")}
    assert deliver(ports, body(document)).name == "accepted"
    assert ports.ledger.events[KEY].event_time is None


def test_event_with_an_empty_id_is_no_probe(ports: FakePorts) -> None:
    """Some real events have an empty id: they are kept under their content's hash."""
    content = body(changed(CALL_COMPLETED, call_id=""))
    assert deliver(ports, content) == (
        "accepted",
        f"call.completed:sha256-{content_hash(content)}",
        None,
    )


# ------------------------------------------------------------ authentic, but not for a processor


def test_unknown_type_is_kept_as_unhandled(ports: FakePorts) -> None:
    """A type without a processor is kept, and answered like any other."""
    outcome = deliver(ports, body(UNKNOWN_TYPE))
    [event] = ports.ledger.events.values()
    assert outcome == (UNHANDLED, event.key, None)
    assert (event.status, event.type) == (UNHANDLED, "call.teleported")
    assert ports.queues.sent == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BODY[:100], "not-json"),
        (b"\xff\xfe", "not-utf8"),
        (b"[1, 2]", "not-an-object"),
        (b'{"event": 7, "data": {"a": 1}}', "type-unreadable"),
        (b'{"event": "call.completed", "data": [1]}', "data-not-an-object"),
    ],
)
def test_unreadable_body_is_quarantined(ports: FakePorts, content: bytes, reason: str) -> None:
    """Authentic bytes that hold no event are kept as they came."""
    outcome = deliver(ports, content)
    key = f"quarantined:sha256-{content_hash(content)}"
    assert outcome == (QUARANTINED, key, reason)
    event = ports.ledger.events[key]
    assert (event.body, event.status, event.type) == (content, QUARANTINED, QUARANTINED)
    assert ports.queues.sent == []


@pytest.mark.parametrize("content", [body(UNKNOWN_TYPE), b"not json"])
def test_what_is_not_sent_is_not_sent_again(ports: FakePorts, content: bytes) -> None:
    """A duplicate of an unhandled or quarantined event is counted and nothing else."""
    key = deliver(ports, content).key
    assert deliver(ports, content, after=3600).name == "duplicate"
    assert ports.queues.sent == []
    assert ports.ledger.counted == [(key, False)]


# ------------------------------------------------------------ duplicates


@pytest.mark.parametrize("after", [0, 1, 29.9, 30])
def test_duplicate_within_half_a_minute_is_counted(ports: FakePorts, after: float) -> None:
    """The first delivery may still be on its way: the second is counted and not sent."""
    deliver(ports)
    assert deliver(ports, after=after) == ("duplicate", KEY, None)
    assert len(ports.queues.sent) == 1
    assert ports.ledger.counted == [(KEY, False)]


@pytest.mark.parametrize("after", [30.1, 60, 86_400])
def test_duplicate_of_a_lost_event_is_sent_again(ports: FakePorts, after: float) -> None:
    """The first delivery may have died between put and send, so half a minute later it is sent."""
    deliver(ports)
    assert deliver(ports, after=after) == ("duplicate", KEY, None)
    [first, second] = ports.queues.sent
    assert second[0] == "call.completed"
    # Of two deliveries only the content hash is the same: the processor reads the kept body.
    assert second[1].body is None
    assert second[1]._replace(delivery_id="", body=None) == first[1]._replace(
        delivery_id="", body=None
    )
    assert ports.ledger.counted == [(KEY, True)]


def test_resending_starts_a_new_half_minute(ports: FakePorts) -> None:
    """A burst of duplicates sends once, not once for each of them."""
    deliver(ports)
    for after in (31, 32, 40, 61):
        deliver(ports, after=after)
    assert len(ports.queues.sent) == 2
    assert [sent for _, sent in ports.ledger.counted] == [True, False, False, False]
    deliver(ports, after=61.5)
    assert len(ports.queues.sent) == 3


@pytest.mark.parametrize("status", [PROCESSED, FAILED])
def test_duplicate_of_a_finished_event_is_not_sent(ports: FakePorts, status: str) -> None:
    """What a processor has finished with is not sent again by a repeated delivery."""
    deliver(ports)
    ports.ledger.statuses[KEY] = status
    assert deliver(ports, after=3600).name == "duplicate"
    assert len(ports.queues.sent) == 1


def test_a_count_that_fails_is_no_failure(ports: FakePorts) -> None:
    """The event is kept: that a duplicate could not be counted does not make the sender come back."""
    deliver(ports)
    ports.ledger.lost = ["count_delivery"]
    assert deliver(ports).name == "duplicate"


# ------------------------------------------------------------ conflicts


OTHER = body(CALL_COMPLETED_SHORT)
AGAIN = f"{KEY}:{content_hash(OTHER)[:16]}"


def test_other_content_under_the_same_key_is_an_event_of_its_own(ports: FakePorts) -> None:
    """It is kept and sent under a key of its own, and its own retry is a duplicate."""
    deliver(ports)
    assert deliver(ports, OTHER, after=3600) == ("accepted", AGAIN, "new-content")
    assert deliver(ports, OTHER, after=3601) == ("duplicate", AGAIN, None)
    assert [one.body for one in ports.ledger.events.values()] == [BODY, OTHER]
    assert [message.key for _, message in ports.queues.sent] == [KEY, AGAIN]


def test_lost_event_with_new_content_is_sent_again(ports: FakePorts) -> None:
    deliver(ports)
    ports.queues.lost = True
    with pytest.raises(QueueUnavailable):
        deliver(ports, OTHER)
    ports.queues.lost = False
    assert deliver(ports, OTHER, after=60).name == "duplicate"
    assert [message.key for _, message in ports.queues.sent] == [KEY, AGAIN]


def test_new_content_costs_three_calls_that_all_fit_the_time(ports: FakePorts) -> None:
    deliver(ports)
    for calls in range(3):
        with pytest.raises(OutOfTime):
            deliver(ports, OTHER, calls=calls)
        ports.ledger.events.pop(AGAIN, None)
    assert deliver(ports, OTHER, calls=3).name == "accepted"


def url_signed(ports: FakePorts, content: bytes) -> Outcome:
    """Deliver what is signed for its URL, type and time only."""
    claimed, version, timestamp = url_samples.signed("call.completed").values()
    delivery = Delivery("weaker", content, claimed, NOW, version, timestamp)
    return receive(delivery, ports.ports(), FakeTime())


def test_weaker_content_is_evidence(ports: FakePorts) -> None:
    """The authentic content stays, the other is kept beside it, and nothing is sent."""
    deliver(ports)
    assert url_signed(ports, OTHER) == ("conflict", KEY, None)
    assert ports.ledger.events[KEY].body == BODY
    assert [event.body for event in ports.ledger.evidence] == [OTHER]
    assert len(ports.queues.sent) == 1


def test_evidence_that_cannot_be_kept_is_asked_for_again(ports: FakePorts) -> None:
    """A 200 means kept, for a conflict too."""
    deliver(ports)
    ports.ledger.lost = ["keep_evidence"]
    with pytest.raises(LedgerUnavailable):
        url_signed(ports, OTHER)


def test_stronger_content_takes_the_key_over(ports: FakePorts) -> None:
    """An invented event does not displace an authentic one: it becomes the evidence."""
    url_signed(ports, OTHER)
    assert deliver(ports) == ("accepted", KEY, "taken-over")
    event = ports.ledger.events[KEY]
    assert (event.body, event.dialect) == (BODY, "body-signed")
    assert [one.body for one in ports.ledger.evidence] == [OTHER]
    assert [message.delivery_id for _, message in ports.queues.sent] == [
        "weaker",
        event.delivery_id,
    ]
    assert url_signed(ports, OTHER).name == "conflict"
    assert deliver(ports).name == "duplicate"


def test_take_over_that_fails_is_asked_for_again(ports: FakePorts) -> None:
    url_signed(ports, OTHER)
    ports.ledger.lost = ["take_over"]
    with pytest.raises(LedgerUnavailable):
        deliver(ports)
    ports.ledger.lost = []
    assert deliver(ports).reason == "taken-over"


def test_take_over_that_came_second_is_decided_again(
    ports: FakePorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the put and the take-over another delivery took the key over."""
    url_signed(ports, OTHER)
    real, third = ports.ledger.take_over, body(changed(CALL_COMPLETED, duration=3))

    def second(event: Event, existing: Existing, /) -> Existing | None:
        monkeypatch.undo()
        other = event._replace(delivery_id="first", body=third, body_hash=content_hash(third))
        assert real(other, existing) is None
        return ports.ledger.keep(event)

    monkeypatch.setattr(ports.ledger, "take_over", second)
    key = f"{KEY}:{content_hash(BODY)[:16]}"
    assert deliver(ports) == ("accepted", key, "new-content")
    assert ports.ledger.events[KEY].body == third


# ------------------------------------------------------------ what fails is asked for again


def test_send_that_fails_is_made_up_for(ports: FakePorts) -> None:
    """The sender is asked to come back, and the next delivery after half a minute is sent."""
    ports.queues.lost = True
    with pytest.raises(QueueUnavailable):
        deliver(ports)
    ports.queues.lost = False
    assert deliver(ports, after=20).name == "duplicate"
    assert ports.queues.sent == []
    assert deliver(ports, after=60).name == "duplicate"
    assert [message.key for _, message in ports.queues.sent] == [KEY]


def test_resend_that_fails_is_asked_for_again(ports: FakePorts) -> None:
    """A duplicate whose event could not be sent again is no success, and is not counted as sent."""
    deliver(ports)
    ports.queues.lost = True
    with pytest.raises(QueueUnavailable):
        deliver(ports, after=60)
    assert ports.ledger.counted == []


@pytest.mark.parametrize("calls", [0, 1])
def test_no_call_begins_that_could_end_too_late(ports: FakePorts, calls: int) -> None:
    """When the time is up before the put or the send, the sender is asked to come back."""
    with pytest.raises(OutOfTime):
        deliver(ports, calls=calls)
    assert (len(ports.ledger.events), len(ports.queues.sent)) == (calls, 0)


def test_time_that_is_up_after_a_resend_is_no_success(ports: FakePorts) -> None:
    """The event was sent again but that is not noted: the next delivery may send once more."""
    deliver(ports)
    with pytest.raises(OutOfTime):
        deliver(ports, after=60, calls=2)
    assert len(ports.queues.sent) == 2


# ------------------------------------------------------------ nothing forged gets in


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "signature-missing"),
        ("", "signature-missing"),
        ("nonsense", "signature-malformed"),
        (sign(BODY, "a guess"), "signature-mismatch"),
        (sign(BODY + b" ", SECRET), "signature-mismatch"),
    ],
)
@pytest.mark.parametrize("content", [BODY, body(UNKNOWN_TYPE), b"not json"])
def test_unsigned_body_has_no_effect(
    ports: FakePorts, header: str | None, reason: str, content: bytes
) -> None:
    """No signature, no effect: nothing is kept, counted or sent."""
    with pytest.raises(SignatureRefused) as refused:
        post(ports, content, header)
    assert refused.value.reason == reason
    assert ports.untouched


@pytest.mark.parametrize("header", [None, "nonsense"])
def test_what_is_no_signature_costs_no_secret(ports: FakePorts, header: str | None) -> None:
    """A header that can't be right is refused before anybody is asked for the secret."""
    with pytest.raises(SignatureRefused):
        post(ports, BODY, header)
    assert ports.secrets.asked == []


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 3 * MAX_BODY_BYTES])
def test_body_that_is_too_large_is_refused(ports: FakePorts, size: int) -> None:
    """More than 1 MiB is refused, signed or not, before anything is computed over it."""
    with pytest.raises(BodyTooLarge):
        deliver(ports, b" " * size)
    assert ports.untouched
    assert ports.secrets.asked == []


def test_largest_body_is_kept(ports: FakePorts) -> None:
    """Exactly 1 MiB is kept and sent."""
    frame = len(body(changed(CALL_COMPLETED, notes="")))
    content = body(changed(CALL_COMPLETED, notes="x" * (MAX_BODY_BYTES - frame)))
    assert len(content) == MAX_BODY_BYTES
    assert deliver(ports, content).name == "accepted"


# ------------------------------------------------------------ secrets and their rotation


def test_previous_secret_is_accepted() -> None:
    """While JustCall still signs with the old secret, nothing is refused."""
    ports = FakePorts("newer", SECRET)
    assert deliver(ports).name == "accepted"


def test_secret_is_looked_for_once_more_after_a_mismatch() -> None:
    """The first event after a rotation finds the new secret."""
    ports = FakePorts("older", refreshed=(SECRET, "older"))
    assert deliver(ports).name == "accepted"
    assert ports.secrets.asked == ["usable", "refreshed"]


def test_good_signature_causes_no_second_look(ports: FakePorts) -> None:
    """Secrets are refreshed for a mismatch, not for an event."""
    deliver(ports)
    assert ports.secrets.asked == ["usable"]


@pytest.mark.parametrize("method", ["usable", "refreshed"])
@pytest.mark.parametrize("secret", [SECRET, "a guess"])
def test_no_refusal_while_the_secrets_are_unknown(method: str, secret: str) -> None:
    """Whether it is forged can't be known, so the sender is asked to come back."""
    ports = FakePorts("another")
    ports.secrets.lost = [method]
    with pytest.raises(SecretUnavailable):
        deliver(ports, secret=secret)
    assert ports.untouched


# ------------------------------------------------------------ probes


@pytest.mark.parametrize("header", [None, "", "nonsense", sign(PROBE, "a guess")])
def test_unsigned_probe_succeeds_without_effect(ports: FakePorts, header: str | None) -> None:
    """JustCall saves a URL only if its probe gets 200."""
    assert post(ports, PROBE, header) == Outcome("probe")
    assert ports.untouched


@pytest.mark.parametrize(
    "probe",
    [
        {"event": "call.completed"},
        {"event": "call.completed", "timestamp": "2026-03-12T14:30:00Z", "data": {}},
        {"event": "call.completed", "data": None},
        {"type": "call.completed", "webhook_url": "https://example.com"},
        {"type": "call.completed", "webhook_url": "https://example.com", "data": {}},
    ],
    ids=json.dumps,
)
def test_signed_probe_succeeds_without_effect(ports: FakePorts, probe: Any) -> None:
    """A probe has no effect at all, whether JustCall signs it or not, in either dialect's form."""
    assert deliver(ports, body(probe)) == Outcome("probe")
    assert ports.untouched


def test_probe_succeeds_before_there_is_a_secret(ports: FakePorts) -> None:
    """A URL may be saved in JustCall before the secret is stored here."""
    ports.secrets.lost = ["usable"]
    assert post(ports, PROBE, sign(PROBE, "anything")) == Outcome("probe")


def test_forged_event_does_not_pass_for_a_probe(ports: FakePorts) -> None:
    """Being without a signature makes no probe of what holds data."""
    with pytest.raises(SignatureRefused):
        post(ports, b'{"type": "call.completed", "data": {"id": ""}}', None)
