"""The url-signed dialect: what its signature proves, what it does not, and what stands in for it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from errors import HooksError, NotRightYet, SignatureRefused
from handler.answers import status_of
from handler.authenticate import Delivery, Policy
from handler.receive import Outcome, receive
from justcall.envelope import URL_SIGNED
from justcall.moments import iso
from justcall.signature import sign
from justcall.url_signature import sent_at
from tests.support import url_samples
from tests.support.fakes import FakePorts, FakeTime
from tests.support.samples import CALL_COMPLETED, SECRET, body
from tests.support.url_samples import TIMESTAMP, URL, document, signed

NOW = sent_at(TIMESTAMP) + 60
TYPE = "call.completed"
BODY = body(document(TYPE))


@pytest.fixture
def ports() -> FakePorts:
    fakes = FakePorts()
    fakes.policy = Policy(urls=(URL,))
    return fakes


def deliver(
    ports: FakePorts,
    content: bytes = BODY,
    *,
    now: float = NOW,
    headers: Mapping[str, str | None] | None = None,
) -> Outcome:
    """Deliver with the headers that go with the type, or others."""
    given: dict[str, str | None] = {**signed(TYPE), **(headers or {})}
    delivery = Delivery(
        str(now), content, given["x-justcall-signature"], now,
        given["x-justcall-signature-version"], given["x-justcall-request-timestamp"],
    )  # fmt: skip
    return receive(delivery, ports.ports(), FakeTime())


def refused(ports: FakePorts, content: bytes = BODY, **options: Any) -> tuple[str, int]:
    """Return why a delivery was refused, and its status; it must have had no effect."""
    with pytest.raises(HooksError) as caught:
        deliver(ports, content, **options)
    assert ports.untouched
    return caught.value.reason, status_of(caught.value)[0]


@pytest.mark.parametrize("event_type", url_samples.DATA)
def test_every_type_is_accepted(ports: FakePorts, event_type: str) -> None:
    """All 23 types of JustCall's list have a processor; the event's time is the one that is signed."""
    assert deliver(ports, body(document(event_type)), headers=signed(event_type)).name == "accepted"
    [event] = ports.ledger.events.values()
    assert (event.dialect, event.type) == ("url-signed", event_type)
    assert event.event_time == iso(sent_at(TIMESTAMP))


@pytest.mark.parametrize("early", [0, 299])
@pytest.mark.parametrize("late", [0, 599])
def test_within_the_window(ports: FakePorts, early: int, late: int) -> None:
    """The last retry comes six minutes late, and clocks differ."""
    assert deliver(ports, now=sent_at(TIMESTAMP) + late - early).name == "accepted"


def test_a_captured_delivery_is_good_for_ten_minutes(ports: FakePorts) -> None:
    """What is older can never become right: refused for good."""
    assert refused(ports, now=sent_at(TIMESTAMP) + 601) == ("timestamp-old", 401)


def test_a_time_that_has_not_come_yet(ports: FakePorts) -> None:
    """Refused like the past, but it may become right: JustCall is to come back."""
    assert refused(ports, now=sent_at(TIMESTAMP) - 301) == ("timestamp-in-future", 503)


def test_the_window_can_be_set(ports: FakePorts) -> None:
    """In both directions."""
    ports.policy = Policy(urls=(URL,), past_seconds=1200, future_seconds=600)
    assert deliver(ports, now=sent_at(TIMESTAMP) + 1200).name == "accepted"
    assert deliver(ports, now=sent_at(TIMESTAMP) - 600).name == "duplicate"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no signature": ({"x-justcall-signature": None}, "signature-missing"),
    "half a signature": ({"x-justcall-signature": "0" * 63}, "signature-malformed"),
    "another signature": ({"x-justcall-signature": "0" * 64}, "signature-mismatch"),
    "another version": ({"x-justcall-signature-version": "v2"}, "signature-version"),
    "an empty version": ({"x-justcall-signature-version": ""}, "signature-version"),
    "no time": ({"x-justcall-request-timestamp": None}, "timestamp-missing"),
    "no time at all": ({"x-justcall-request-timestamp": "soon"}, "timestamp-malformed"),
    "another time": ({"x-justcall-request-timestamp": "2026-03-12 14:40:01"}, "signature-mismatch"),
    "another secret": (signed(TYPE, secret="a guess"), "signature-mismatch"),
    "another type": (signed("call.missed"), "signature-mismatch"),
}


@pytest.mark.parametrize(("headers", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_signed_has_no_effect(
    ports: FakePorts, headers: dict[str, Any], reason: str
) -> None:
    """Not a row, not a message, and the same answer for every cause."""
    assert refused(ports, headers=headers) == (reason, 401)


@pytest.mark.parametrize("version", ["v1", "v2", ""])
def test_whose_bytes_are_signed_is_accepted(ports: FakePorts, version: str) -> None:
    """It proves more than any other header says."""
    headers = {
        "x-justcall-signature": sign(BODY, SECRET),
        "x-justcall-signature-version": version,
        "x-justcall-request-timestamp": None,
    }
    assert deliver(ports, headers=headers).name == "accepted"


def test_body_signed_deliveries_may_not_be_wanted(ports: FakePorts) -> None:
    """Then the body's signature is none, and the reason is the other dialect's."""
    ports.policy = Policy(frozenset({URL_SIGNED}), urls=(URL,))
    headers = {"x-justcall-signature": sign(BODY, SECRET)}
    assert refused(ports, headers=headers) == ("signature-mismatch", 401)


UNREADABLE: dict[str, tuple[str, bytes]] = {
    "a type with a space": ("call completed", b'{"type": "call completed", "data": {"id": 1}}'),
    "half a character": ("\ud83d", b'{"type": "\\ud83d", "data": {"id": 1}}'),
    "a long type": ("x" * 129, b'{"type": "%s", "data": {"id": 1}}' % (b"x" * 129)),
    "a new type and no JSON": ("call.new", b'{"type": "call.new", "data": {"id": NaN}}'),
    "no JSON": (TYPE, b'{"type": "call.completed", "data": {"id": 1}}\0'),
    "no UTF-8": (TYPE, b'{"type": "call.completed", "data": {"id": "\xff"}}'),
}


@pytest.mark.parametrize(("event_type", "content"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_signed_and_cannot_be_read_is_quarantined(
    ports: FakePorts, event_type: str, content: bytes
) -> None:
    """It is authentic: a 401 would lose it for good."""
    outcome = deliver(ports, content, headers=signed(event_type))
    assert outcome.name == "quarantined"
    [event] = ports.ledger.events.values()
    assert (event.body, event.dialect) == (content, "url-signed")


def test_the_urls_signature_is_not_the_bodys(ports: FakePorts) -> None:
    """A v1 signature says nothing of the bytes."""
    delivery = Delivery("1", BODY, signed(TYPE)["x-justcall-signature"], NOW)
    with pytest.raises(SignatureRefused):
        receive(delivery, ports.ports(), FakeTime())
    assert ports.untouched


def test_a_delivery_for_another_endpoint(ports: FakePorts) -> None:
    """JustCall signed it, for a URL that is not ours (yet): no effect, and it is to come back."""
    other = "https://example.com/somebody"
    content = body(document(TYPE) | {"webhook_url": other})
    assert refused(ports, content, headers=signed(TYPE, url=other)) == ("url-not-registered", 503)
    ports.policy = Policy(urls=(URL, other))
    assert deliver(ports, content, headers=signed(TYPE, url=other)).name == "accepted"


def test_the_bodys_own_url_proves_nothing(ports: FakePorts) -> None:
    """A signature for our URL counts though the body names another; a claim of ours does not count."""
    claimed = body(document(TYPE) | {"webhook_url": "https://example.com/claimed"})
    assert deliver(ports, claimed).name == "accepted"
    ours_claimed = body(document(TYPE))
    other = signed(TYPE, url="https://example.com/other")
    with pytest.raises(SignatureRefused):
        deliver(ports, ours_claimed, headers=other)


def test_nobody_encodes_a_megabyte_for_a_forger(ports: FakePorts) -> None:
    """No URL of such a length can be ours, so its signature is not computed and it is refused for good."""
    other = f"https://example.com/{'a' * 2048}"
    content = body(document(TYPE) | {"webhook_url": other})
    with pytest.raises(SignatureRefused):
        deliver(ports, content, headers=signed(TYPE, url=other))


@pytest.mark.parametrize("query", ["?", "?a=b", "?key=%20"])
def test_the_query_string_is_part_of_the_url(ports: FakePorts, query: str) -> None:
    """A URL is registered with it or without it."""
    ports.policy = Policy(urls=(URL + query,))
    content = body(document(TYPE) | {"webhook_url": URL + query})
    assert deliver(ports, content, headers=signed(TYPE, url=URL + query)).name == "accepted"
    with pytest.raises(NotRightYet):
        deliver(ports, headers=signed(TYPE))


@pytest.mark.parametrize(
    ("accepted", "other"), [("body-signed", "url-signed"), ("url-signed", "body-signed")]
)
def test_a_dialect_can_be_switched_off(ports: FakePorts, accepted: str, other: str) -> None:
    """What the deployment does not accept is refused, however well it is signed."""
    ports.policy = Policy(frozenset({accepted}), (URL,))
    call = body(CALL_COMPLETED)
    plain = Delivery("1", call, sign(call, SECRET), NOW)
    if other == "url-signed":
        assert refused(ports) == ("dialect-not-accepted", 401)
        assert receive(plain, ports.ports(), FakeTime()).name == "accepted"
    else:
        with pytest.raises(SignatureRefused):
            receive(plain, ports.ports(), FakeTime())
        assert deliver(ports).name == "accepted"


# ------------------------------------------------------------ data is not covered


def test_other_data_does_not_displace_a_stored_event(ports: FakePorts) -> None:
    """Valid headers with another `data` are an event of its own; the first stays as it was."""
    key = str(deliver(ports).key)
    other = body(document(TYPE, contact_number="19995550000"))
    outcome = deliver(ports, other)
    assert (outcome.name, outcome.reason) == ("accepted", "new-content")
    assert str(outcome.key).startswith(f"{key}:")
    assert ports.ledger.events[key].body == BODY
    assert ports.ledger.events[str(outcome.key)].dialect == "url-signed"


def test_the_dialect_is_how_a_delivery_is_signed(ports: FakePorts) -> None:
    """Not what its envelope looks like; the content has the same hash in either."""
    plain = Delivery("1", BODY, sign(BODY, SECRET), NOW)
    assert receive(plain, ports.ports(), FakeTime()).name == "accepted"
    [event] = ports.ledger.events.values()
    assert event.dialect == "body-signed"
    assert deliver(ports).name == "duplicate"


def test_quarantined_delivery_keeps_its_time(ports: FakePorts) -> None:
    content = b'{"type": "call.completed", "data": {"id": 7}'
    assert deliver(ports, content).name == "quarantined"
    [event] = ports.ledger.events.values()
    assert (event.dialect, event.event_time) == ("url-signed", iso(sent_at(TIMESTAMP)))


def test_a_retry_is_a_duplicate_whatever_its_envelope(ports: FakePorts) -> None:
    """Whether `request_id` survives a retry is unknown, so it counts for nothing; nor does the time."""
    deliver(ports)
    again = body(document(TYPE) | {"request_id": "another", "url_id": 7})
    later = "2026-03-12 14:41:00"
    assert deliver(ports, again, headers=signed(TYPE, timestamp=later)).name == "duplicate"


def test_repeatable_types_carry_their_content_in_the_key(ports: FakePorts) -> None:
    """A second real change is no duplicate of the first; the same change is."""
    headers = signed("call.updated")
    first, second = (
        body(document("call.updated", call_info={"notes": notes})) for notes in ("one", "two")
    )
    assert [deliver(ports, one, headers=headers).name for one in (first, second, first)] == [
        "accepted", "accepted", "duplicate",
    ]  # fmt: skip


def test_calls_are_known_by_their_sid(ports: FakePorts) -> None:
    """`id` is a number and may be empty: two calls without one are two."""
    keys = {deliver(ports, body(document(TYPE, id="", call_sid=sid))).key for sid in ("CA1", "CA2")}
    assert keys == {"call.completed:CA1", "call.completed:CA2"}


# ------------------------------------------------------------ probes


@pytest.mark.parametrize(
    "probe",
    [
        {"type": "call.completed", "webhook_url": URL},
        document(TYPE) | {"data": {}},
        {"event": "call.completed", "timestamp": "2026-03-12T14:30:00Z"},
    ],
    ids=["minimal", "empty data", "the other dialect's"],
)
@pytest.mark.parametrize("how", ["signed", "unsigned", "wrongly signed"])
def test_probes_have_no_effect(ports: FakePorts, probe: dict[str, Any], how: str) -> None:
    """Signed or not, in either dialect's shape: 200, so that the URL can be saved."""
    ways: dict[str, Mapping[str, str | None]] = {
        "signed": dict(signed(TYPE)),
        "unsigned": dict.fromkeys(signed(TYPE)),
        "wrongly signed": dict(signed(TYPE, secret="a guess")),
    }
    assert deliver(ports, json.dumps(probe).encode(), headers=ways[how]).name == "probe"
    assert ports.untouched


def test_an_event_with_an_empty_id_is_no_probe(ports: FakePorts) -> None:
    """It is told apart by its content."""
    content = body(document(TYPE, id="", call_sid=""))
    outcome = deliver(ports, content)
    assert outcome.name == "accepted"
    assert str(outcome.key).startswith("call.completed:sha256-")


def test_a_new_type_is_kept(ports: FakePorts) -> None:
    """Names appear without notice: stored, answered 200."""
    content = body(document(TYPE) | {"type": "call.teleported"})
    assert deliver(ports, content, headers=signed("call.teleported")).name == "unhandled"


@pytest.mark.parametrize("how", ["another endpoint", "a time to come"])
def test_a_probe_before_the_settings_are_right(ports: FakePorts, how: str) -> None:
    """A URL is saved before this deployment knows of it: the probe is answered 200 all the same."""
    other = "https://example.com/hook"
    probe = json.dumps({"type": TYPE, "webhook_url": other}).encode()
    if how == "another endpoint":
        outcome = deliver(ports, probe, headers=signed(TYPE, url=other))
    else:
        outcome = deliver(ports, probe, now=NOW - 3600)
    assert outcome.name == "probe"
    assert ports.untouched


# ------------------------------------------------------------ rotation


@pytest.mark.parametrize("dialect", ["body-signed", "url-signed"])
@pytest.mark.parametrize(
    ("secrets", "refreshed", "reason"),
    [
        ((SECRET,), (), None),
        ((SECRET, "older"), (), None),
        (("newer", SECRET), (), "previous-secret"),
        (("other",), ("newer", SECRET), "previous-secret"),
        (("older",), (SECRET, "older"), None),
    ],
    ids=[
        "only one",
        "the current",
        "the previous",
        "the previous, fetched",
        "the current, fetched",
    ],
)
def test_it_is_told_which_secret_matched(
    dialect: str, secrets: tuple[str, ...], refreshed: tuple[str, ...], reason: str | None
) -> None:
    """Both pass while a rotation overlaps; who still signs with the previous one is counted."""
    ports = FakePorts(*secrets, refreshed=refreshed)
    call = body(CALL_COMPLETED)
    plain = Delivery("1", call, sign(call, SECRET), NOW)
    outcome = (
        deliver(ports) if dialect == "url-signed" else receive(plain, ports.ports(), FakeTime())
    )
    assert (outcome.name, outcome.reason) == ("accepted", reason)
