"""Whatever is posted gets a defined answer, and without a signature it has no effect."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handler.app import handler
from justcall.catalogue import KINDS
from justcall.envelope import is_probe
from tests.support import samples
from tests.support.deliveries import request, signed
from tests.support.fakes import FakePorts

STRANGE = {
    "nothing": b"",
    "NULs": b"\0" * 100,
    "a NUL in a text": b'{"event": "call.completed", "data": {"call_id": "a\\u0000b"}}',
    "half a character": b'{"event": "call.completed", "data": {"call_id": "\\ud800"}}',
    "half a character in the type": b'{"event": "\\ud83d", "data": {"call_id": "1"}}',
    "half a character as a name": b'{"event": "call.completed", "data": {"\\udc00": "1"}}',
    "half a character as bytes": b'{"event": "call.completed", "data": {"n": "\xed\xa0\x80"}}',
    "an id of 4000 digits": b'{"event": "call.completed", "data": {"id": %s}}' % (b"7" * 4000),
    "an id of 5000 digits": b'{"event": "call.completed", "data": {"id": %s}}' % (b"7" * 5000),
    "an infinite number": b'{"event": "call.completed", "data": {"id": 1e999}}',
    "NaN": b'{"event": "call.completed", "data": {"id": NaN}}',
    "1000 deep": b'{"event": "call.completed", "data": {"a":' + b"[" * 1000 + b"]" * 1000 + b"}}",
    "100 000 deep": b'{"event": "call.completed", "data": ' + b"[" * 100_000,
    "UTF-16": '{"event": "call.completed", "data": {"call_id": "1"}}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + samples.body(samples.CALL_COMPLETED),
    "equal names": b'{"event": "a", "event": "call.completed", "data": {}, "data": {"id": 1}}',
    "an id that is an object": b'{"event": "call.completed", "data": {"call_id": {"a": 1}}}',
    "a time that is none": b'{"event": "sms.sent", "timestamp": {}, "data": {"message_id": "1"}}',
    "a megabyte": b'{"event": "sms.sent", "data": {"body": "%s"}}' % (b"x" * 1_000_000),
    "more than a megabyte": b"x" * 1_048_577,
}

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_DATA = st.dictionaries(st.sampled_from(["call_id", "message_id", "id", "from", "x"]), _JSON)
_ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from([*KINDS, "call.updated"]) | _JSON,
        "type": _JSON,
        "timestamp": _JSON,
        "data": _DATA | _JSON,
    },
)
BODIES = st.binary() | st.text().map(str.encode) | _ENVELOPES.map(lambda d: json.dumps(d).encode())


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Drop what hundreds of requests write."""
    yield
    capsys.readouterr()


def answer(event: dict[str, Any]) -> tuple[int, str, FakePorts]:
    ports = FakePorts()
    with patch("handler.app._ports", ports.ports):
        found = handler(event, None)
    return found["statusCode"], json.loads(found["body"])["status"], ports


def of(content: bytes, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a request with any bytes, as API Gateway passes on what may be no text."""
    return request(content, headers, base64_encoded=True)


def check_signed(content: bytes) -> None:
    status, word, ports = answer(of(content))
    if len(content) > 1_048_576:
        assert (status, word) == (413, "body too large")
        return
    assert status == 200
    assert word in {"accepted", "unhandled", "quarantined", "probe"}
    assert len(ports.ledger.events) == (word != "probe")
    assert len(ports.queues.sent) == (word == "accepted")
    for event in ports.ledger.events.values():
        assert event.body == content


def check_unsigned(content: bytes, headers: dict[str, str]) -> None:
    status, word, ports = answer(of(content, headers))
    if len(content) > 1_048_576:
        assert (status, word) == (413, "body too large")
    elif is_probe(content):
        assert (status, word) == (200, "probe")
    else:
        assert (status, word) == (401, "unauthorized")
    assert ports.untouched


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_strange_bodies(content: bytes) -> None:
    """Each is kept when it is signed, and has no effect when it is not."""
    check_signed(content)
    check_unsigned(content, {})
    check_unsigned(content, signed(content, secret="a guess"))


@given(BODIES)
@settings(max_examples=200)
def test_any_signed_body_is_kept(content: bytes) -> None:
    """Nothing authentic is lost: whatever JustCall signs is kept, unless it is a probe."""
    check_signed(content)


@given(BODIES, st.text() | st.none(), st.text(max_size=20))
@settings(max_examples=200)
def test_any_unsigned_body_has_no_effect(content: bytes, header: str | None, name: str) -> None:
    """Whatever stands in body and headers: 401, or 200 for a probe, and no effect."""
    headers = {} if header is None else {"x-justcall-signature": header}
    check_unsigned(content, {name: "anything", **headers})


@given(st.text(st.characters()), st.booleans(), st.text(st.characters()))
@example("\ud800", False, "")
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_as_a_request(text: str, encoded: bool, header: str) -> None:
    """Whatever API Gateway might hand over, there is a defined answer and no effect."""
    event = request(b"", {"x-justcall-signature": header})
    status, _, ports = answer(event | {"body": text, "isBase64Encoded": encoded})
    assert status in {200, 400, 401}
    assert ports.untouched


@given(BODIES)
@settings(max_examples=50)
def test_base64_or_text_makes_no_difference(content: bytes) -> None:
    """The same bytes have the same outcome, whichever way API Gateway hands them on."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None:
        as_text = request(content) | {"body": text}
        assert answer(as_text)[:2] == answer(of(content))[:2]
    assert base64.b64decode(of(content)["body"]) == content
