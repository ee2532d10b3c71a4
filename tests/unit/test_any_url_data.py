"""Whatever a url-signed delivery holds, it has a defined outcome."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from errors import HooksError, NotRightYet, SignatureRefused
from handler.authenticate import Delivery, Policy
from handler.receive import Outcome, receive
from justcall.catalogue import TYPES
from justcall.envelope import is_probe
from justcall.fields import unwrap
from justcall.url_signature import VERSION, sent_at, sign
from tests.support import samples
from tests.support.fakes import FakePorts, FakeTime
from tests.support.url_samples import DATA, TIMESTAMP, URL

NOW = sent_at(TIMESTAMP)
WORDS = {"accepted", "unhandled", "quarantined", "probe"}

_TEXT = st.text(st.characters())
_SCALARS = (
    st.none() | st.booleans() | st.integers() | _TEXT | st.sampled_from(["", "14155559876", "Yes"])
)
_FINITE = st.floats(allow_nan=False, allow_infinity=False)


def _json(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
        max_leaves=8,
    )


JSON = _json(_SCALARS | _FINITE)
NAMES = sorted({name for data in DATA.values() for name in data})
FIELDS = st.dictionaries(st.sampled_from(NAMES) | _TEXT, JSON, max_size=6)

TIMES = (
    st.sampled_from([TIMESTAMP, str(int(NOW)), str(int(NOW) + 301), "2026-02-30 01:00:00"])
    | st.integers(10**8, 10**11 - 1).map(str)
    | st.datetimes().map(lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}")
    | _TEXT
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "event": JSON,
        "type": st.sampled_from([*TYPES, "call.teleported"]) | JSON,
        # Half characters have a test of their own, below.
        "webhook_url": st.sampled_from([URL, URL + "/"]) | st.text() | st.integers() | st.none(),
        "timestamp": JSON,
        "request_id": JSON,
        "url_id": JSON,
        # With numbers that are Python's, not JSON's.
        "data": FIELDS | _json(_SCALARS | st.floats()),
    },
)


def encodable(text: str) -> str:
    """Return what a signer can sign: UTF-8 knows no half characters."""
    return text.encode(errors="replace").decode()


def deliver(
    content: bytes, signature: str | None, version: str | None, timestamp: str | None
) -> tuple[Outcome | HooksError, FakePorts]:
    """Return how a delivery ended, and what it had for an effect. Any other error is a failure."""
    ports = FakePorts()
    ports.policy = Policy(urls=(URL,))
    delivery = Delivery("00", content, signature, NOW, version, timestamp)
    try:
        return receive(delivery, ports.ports(), FakeTime()), ports
    except HooksError as error:
        return error, ports


@given(envelope=ENVELOPES, timestamp=TIMES, url=st.sampled_from([URL, URL + "/"]) | _TEXT)
@example(envelope={"type": "a", "data": {"\ud800": 1}}, timestamp=TIMESTAMP, url=URL)
@example(envelope={"type": "a", "data": {"id": 1}}, timestamp="\ud800", url=URL)
@settings(max_examples=400)
def test_any_signed_envelope_has_a_defined_outcome(
    envelope: dict[str, Any], timestamp: str, url: str
) -> None:
    """Kept as it came, or refused without an effect; for a URL or time to come it is asked for again."""
    content = json.dumps(envelope).encode()
    event_type = envelope.get("type")
    told = event_type if isinstance(event_type, str) else ""
    signature = sign(encodable(url), encodable(told), encodable(timestamp), samples.SECRET)
    outcome, ports = deliver(content, signature, VERSION, timestamp)
    if isinstance(outcome, Outcome):
        assert outcome.name in WORDS
        assert len(ports.ledger.events) == (outcome.name != "probe")
        assert len(ports.queues.sent) == (outcome.name == "accepted")
        for event in ports.ledger.events.values():
            assert (event.body, event.dialect) == (content, "url-signed")
    else:
        assert isinstance(outcome, SignatureRefused | NotRightYet)
        assert ports.untouched


@pytest.mark.parametrize("url", ["\ud800", f"{URL}\udfff"])
def test_half_a_character_as_the_url(url: str) -> None:
    """What no signature can be of is refused for good: nobody without a secret sees a 503."""
    content = json.dumps({"type": "a", "data": {"id": 1}, "webhook_url": url}).encode()
    outcome, ports = deliver(content, "0" * 64, VERSION, TIMESTAMP)
    assert isinstance(outcome, SignatureRefused)
    assert ports.untouched


@given(data=JSON.filter(lambda data: not isinstance(data, dict)))
@example(data="text")
@example(data=[1])
def test_data_that_is_no_object_is_kept(data: object) -> None:
    """URL, type and time are signed and right: the delivery is kept whatever `data` is, or a probe."""
    content = json.dumps({"type": "sms.sent", "webhook_url": URL, "data": data}).encode()
    outcome, ports = deliver(
        content, sign(URL, "sms.sent", TIMESTAMP, samples.SECRET), VERSION, TIMESTAMP
    )
    assert isinstance(outcome, Outcome)
    readable = isinstance(unwrap(data), dict)
    assert outcome.name in (
        {"accepted", "probe", "quarantined"} if readable else {"quarantined", "probe"}
    )
    assert len(ports.ledger.events) == (outcome.name != "probe")


@given(data=FIELDS, event_type=st.sampled_from(sorted(TYPES)))
@settings(max_examples=200)
def test_nothing_that_was_told_to_this_url_now_is_lost(
    data: dict[str, Any], event_type: str
) -> None:
    """Whatever stands where the signature does not reach, the delivery is kept, or is a probe."""
    content = json.dumps({"type": event_type, "webhook_url": URL, "data": data}).encode()
    signature = sign(URL, event_type, TIMESTAMP, samples.SECRET)
    outcome, ports = deliver(content, signature, VERSION, TIMESTAMP)
    assert isinstance(outcome, Outcome)
    assert outcome.name == ("accepted" if data else "probe")
    assert len(ports.ledger.events) == (outcome.name != "probe")


@given(
    content=ENVELOPES.map(lambda envelope: json.dumps(envelope).encode()) | st.binary(),
    signature=st.none() | _TEXT | st.sampled_from([sign(URL, "sms.sent", TIMESTAMP, "a guess")]),
    version=st.sampled_from([VERSION, "v2", ""]) | _TEXT,
    timestamp=st.none() | TIMES,
)
@settings(max_examples=300)
def test_nothing_unsigned_has_an_effect(
    content: bytes, signature: str | None, version: str, timestamp: str | None
) -> None:
    """Whatever stands in body and headers: refused for good, or a probe."""
    outcome, ports = deliver(content, signature, version, timestamp)
    if is_probe(content):
        assert outcome == Outcome("probe")
    else:
        assert isinstance(outcome, SignatureRefused)
    assert ports.untouched
