"""Whatever a url-signed delivery holds: a defined outcome, and its processor acts or says why not."""

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
from justcall.url_signature import VERSION, sent_at, sign
from tests.support import acting, samples, url_samples
from tests.support.acting import STRANGE
from tests.support.fakes import FakePorts, FakeTime
from tests.support.records import message_of
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

# ------------------------------------------------------------ receiving

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
def test_data_that_is_no_object_is_quarantined(data: object) -> None:
    """URL, type and time are signed and right: whatever `data` is, the delivery is kept, or a probe."""
    content = json.dumps({"type": "sms.sent", "webhook_url": URL, "data": data}).encode()
    outcome, ports = deliver(
        content, sign(URL, "sms.sent", TIMESTAMP, samples.SECRET), VERSION, TIMESTAMP
    )
    assert isinstance(outcome, Outcome)
    assert outcome.name in {"quarantined", "probe"}
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


# ------------------------------------------------------------ acting


def act(event_type: str, content: bytes) -> tuple[list[str], list[str]]:
    """Return the timeline entries that a body leads to, and the failures that were noted."""
    message = message_of(content, headers=url_samples.signed(event_type))
    return acting.act(TYPES[event_type], message)


def inside(event_type: str) -> list[str]:
    """Return the fields of a type's data that hold fields of their own."""
    return [name for name, value in DATA[event_type].items() if isinstance(value, dict) and value]


@pytest.mark.parametrize("event_type", DATA)
@given(fields=FIELDS.filter(bool), within=st.data())
@settings(max_examples=30)
def test_any_data_is_acted_on_or_refused_by_its_model(
    event_type: str, fields: dict[str, Any], within: st.DataObject
) -> None:
    """No event of any shape, nested fields included, ends in an error that nobody foresaw."""
    document = url_samples.document(event_type, **fields)
    for name in inside(event_type):
        known = st.sampled_from(sorted(DATA[event_type][name]))
        if isinstance(document["data"][name], dict):
            changes = within.draw(st.dictionaries(known | _TEXT, JSON, max_size=3))
            document["data"][name] = {**document["data"][name], **changes}
    _, noted = act(event_type, samples.body(document))
    assert all(note.startswith("model-refused: ") for note in noted)


# Processors and models are a kind's; so is a type that stands for it here.
BY_KIND = {TYPES[event_type]: event_type for event_type in DATA}
# They have no model, and are shown as they came.
SHOWN = ("justcall_ai", "campaign")


@pytest.mark.parametrize("event_type", BY_KIND.values())
@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_strange_values(event_type: str, value: str) -> None:
    """In an unknown field they stop nothing; in a known one they are refused by its name, or shown."""
    entries, noted = act(event_type, with_value(event_type, "unknown", value))
    assert (len(entries), noted) == (1, [])
    for name in DATA[event_type].keys() - SHOWN:
        _, noted = act(event_type, with_value(event_type, name, value))
        assert all(note.startswith(f"model-refused: {name}") for note in noted)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("value", STRANGE.values(), ids=STRANGE)
def test_strange_values_where_all_is_shown(name: str, value: str) -> None:
    """The entry is JSON for everybody, whatever is shown in it."""
    entries, noted = act("sd.call_completed", with_value("sd.call_completed", name, value))
    assert (len(entries), noted) == (1, [])


def with_value(event_type: str, name: str, value: str) -> bytes:
    """Return a body with a field whose value is any text."""
    text = samples.body(url_samples.document(event_type, **{name: "VALUE"})).decode()
    return text.replace('"VALUE"', value).encode()
