"""What can be read from a body, and what is a probe."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import Unreadable
from justcall.catalogue import TYPES
from justcall.envelope import BODY_SIGNED, Envelope, claims, event_time, is_probe, read
from tests.support.samples import BY_KIND, body

UNREADABLE = {
    "empty": (b"", "not-json"),
    "spaces": (b"  ", "not-json"),
    "half a document": (b'{"event": "call.comp', "not-json"),
    "two documents": (b"{}{}", "not-json"),
    "trailing comma": (b'{"event": "call.completed",}', "not-json"),
    "NaN": (b'{"event": "call.completed", "data": {"duration": NaN}}', "not-json"),
    "Infinity": (b'{"event": "call.completed", "data": {"duration": -Infinity}}', "not-json"),
    "a number of 5000 digits": (b'{"event": "x", "data": {"n": %s}}' % (b"1" * 5000), "not-json"),
    "a form": (b"event=call.completed&call_id=1", "not-json"),
    "200 000 brackets": (b"[" * 200_000, "too-deep"),
    "200 000 deep": (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "too-deep"),
    "Latin-1": (b'{"event": "call.completed", "data": {"notes": "caf\xe9"}}', "not-utf8"),
    "UTF-16": ('{"event": "call.completed"}'.encode("utf-16"), "not-utf8"),
    "UTF-32, which is no JSON as UTF-8": ('{"event": "a"}'.encode("utf-32-be"), "not-json"),
    "half a character in UTF-8": (b'{"event": "\xed\xa0\x80"}', "not-utf8"),
    "a list": (b"[]", "not-an-object"),
    "a text": (b'"call.completed"', "not-an-object"),
    "null": (b"null", "not-an-object"),
    "a number": (b"0", "not-an-object"),
    "no type": (b'{"data": {"call_id": "1"}}', "type-unreadable"),
    "null as type": (b'{"event": null, "data": {"call_id": "1"}}', "type-unreadable"),
    "a number as type": (b'{"event": 7, "data": {"call_id": "1"}}', "type-unreadable"),
    "an empty type": (b'{"event": "", "data": {"call_id": "1"}}', "type-unreadable"),
    "spaces in the type": (b'{"event": "call completed", "data": {"a": 1}}', "type-unreadable"),
    "a newline in the type": (b'{"event": "call.\\ncompleted"}', "type-unreadable"),
    "a hash in the type": (b'{"event": "call#completed"}', "type-unreadable"),
    "a colon in the type": (b'{"event": "call:completed"}', "type-unreadable"),
    "letters of no ASCII": ('{"event": "appel.terminé"}'.encode(), "type-unreadable"),
    "half a character as type": (b'{"event": "\\ud800"}', "type-unreadable"),
    "a type of 129 letters": (b'{"event": "%s"}' % (b"a" * 129), "type-unreadable"),
    "a list as data": (b'{"event": "call.completed", "data": [1]}', "data-not-an-object"),
    "a text as data": (b'{"event": "call.completed", "data": "x"}', "data-not-an-object"),
    "a number as data": (b'{"event": "call.completed", "data": 7}', "data-not-an-object"),
    "true as data": (b'{"event": "call.completed", "data": true}', "data-not-an-object"),
    # Neither missing nor empty: content, of a sort that we cannot read.
    "zero as data": (b'{"event": "call.completed", "data": 0}', "data-not-an-object"),
    "two objects as data": (b'{"event": "a", "data": [{"a": 1}, {"a": 2}]}', "data-not-an-object"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_unreadable(content: bytes, reason: str) -> None:
    """Bytes that hold no event are Unreadable, each for its own reason."""
    with pytest.raises(Unreadable) as unreadable:
        read(content)
    assert unreadable.value.reason == reason


@pytest.mark.parametrize("kind", BY_KIND)
def test_samples_are_read(kind: str) -> None:
    """The public samples give type, timestamp and data."""
    document = BY_KIND[kind]
    told = (document["event"], document["timestamp"], document["data"])
    assert read(body(document)) == (*told, BODY_SIGNED, None)


def test_a_byte_order_mark_is_read_past() -> None:
    """A byte order mark is no content."""
    assert read(b"\xef\xbb\xbf" + body(BY_KIND["sms.sent"])).type == "sms.sent"


def test_of_two_equal_names_the_last_counts() -> None:
    """Duplicate names are read as every common JSON reader does."""
    assert read(b'{"event": "a", "event": "b", "data": {"x": 1, "x": 2}}')[:3:2] == ("b", {"x": 2})


@pytest.mark.parametrize(
    "data", ["", *(f', "data": {one}' for one in ("null", "{}", "[]", "false", '""'))]
)
def test_nothing_as_data_reads_as_empty(data: str) -> None:
    """PHP writes several things where it has nothing."""
    assert read(f'{{"event": "call.completed"{data}}}'.encode()).data == {}


def test_data_as_a_list_of_one() -> None:
    """The one is meant."""
    assert read(b'{"event": "a", "data": [{"id": 1}]}').data == {"id": 1}


PROBES = {
    "nothing": b"",
    "white space": b" \n",
    "a byte order mark": b"\xef\xbb\xbf",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "null": b"null",
    "a type": b'{"event": "any name"}',
    "the other type field": b'{"type": "call.completed", "webhook_url": "https://example.com/hook"}',
    "a time": b'{"event": "call.completed", "timestamp": "2026-03-12T14:30:00Z"}',
    "no type": b'{"webhook_url": "https://example.com", "url_id": 7}',
    **{f"data {one}": f'{{"type": "a", "data": {one}}}'.encode() for one in ("{}", "[]", "null", '""', "false")},
    "all at once": b'{"event": "a", "type": "a", "timestamp": 1, "webhook_url": "u", "url_id": 1, "request_id": "r", "data": {}}',
}  # fmt: skip


@pytest.mark.parametrize("content", PROBES.values(), ids=PROBES)
def test_what_is_a_probe(content: bytes) -> None:
    """A body that holds nothing, or only fields of a probe: JustCall asks whether somebody is there."""
    assert is_probe(content)


NO_PROBES = {
    "no JSON": b"ping",
    "a list": b"[1]",
    "a number": b"0",
    "a text": b'""',
    "data": b'{"type": "call.completed", "data": {"call_id": "1"}}',
    "data with an empty id": b'{"type": "call.completed", "data": {"id": ""}}',
    "a text as data": b'{"type": "call.completed", "data": "x"}',
    "zero as data": b'{"type": "call.completed", "data": 0}',
    "no UTF-8": b'{"type": "\xff"}',
    "too long to be parsed": b'{"type": "call.completed"}' + b" " * 4096,
    "too deep": b"[" * 4000,
    "a call that is not in data": b'{"event": "call.completed", "call_id": "c1"}',
    "data under another name": b'{"event": "call.completed", "payload": {"call_id": "c1"}}',
    "data twice": b'{"event": "call.completed", "data": {"call_id": "c1"}, "data": {}}',
    "data twice, spelt otherwise": b'{"event": "a", "data": {"id": 1}, "d\\u0061ta": {}}',
    "an object in a probe's field": b'{"event": {"call_id": "c1"}}',
    "a list in a probe's field": b'{"event": "a", "request_id": ["c1"]}',
}


@pytest.mark.parametrize("content", NO_PROBES.values(), ids=NO_PROBES)
def test_what_is_no_probe(content: bytes) -> None:
    """A body that holds anything else is a delivery: being unsigned is no test for a probe."""
    assert not is_probe(content)


@pytest.mark.parametrize("kind", BY_KIND)
def test_no_sample_is_a_probe(kind: str) -> None:
    """A real event never passes for a probe."""
    assert not is_probe(body(BY_KIND[kind]))


def at(timestamp: object = None, **data: object) -> str | None:
    return event_time(Envelope("call.completed", timestamp, data))


def test_event_time_is_the_first_that_is_there() -> None:
    """The timestamp, or a date and a time of the data."""
    call = {"call_date": "2026-01-05", "call_time": "9:15:00"}
    assert at("2026-03-12T14:30:00Z", **call) == "2026-03-12T14:30:00.000Z"
    for nothing in (None, "", "soon", 0, "0000-00-00 00:00:00"):
        assert at(nothing, **call) == "2026-01-05T09:15:00.000Z"
    assert at(sms_date="2026-01-05", sms_time=" 9:15:00 ") == "2026-01-05T09:15:00.000Z"
    assert at(message_date="2026-01-05 09:15:00") == "2026-01-05T09:15:00.000Z"
    assert at(call_date=1767604500) == "2026-01-05T09:15:00.000Z"
    assert at(datetime="2026-01-05 09:15:00") == "2026-01-05T09:15:00.000Z"


def test_date_without_a_time_is_no_time() -> None:
    """It would be midnight, hours before the event."""
    assert at(call_date="2026-01-05") is None
    assert at(call_date="2026-01-05", call_time="") is None
    assert at(call_time="09:15:00") is None
    assert at(call_date=["2026-01-05", "x"], call_time="09:15:00") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_unreadable(content: bytes) -> None:
    """Nothing but Unreadable is ever raised."""
    assert is_probe(content) in (True, False)
    try:
        assert read(content).type
    except Unreadable as unreadable:
        assert unreadable.reason


def test_the_largest_probe() -> None:
    """4 KiB are read without a signature, and no more."""
    frame = b'{"type": "x", "webhook_url": ""}'
    probe = frame.replace(b'""', b'"' + b"u" * (4096 - len(frame)) + b'"')
    assert len(probe) == 4096
    assert is_probe(probe)
    assert not is_probe(probe + b" ")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC"])
def test_the_machines_own_zone_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """A timestamp without an offset is UTC on a laptop too, not the time of where it stands."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", zone)
        time.tzset()
        found = at("2026-03-12T14:30:00")
    time.tzset()
    assert found == "2026-03-12T14:30:00.000Z"


def test_an_envelope_is_read_as_what_it_looks_like() -> None:
    """Whose bytes are signed may have either shape."""
    url_signed = b'{"type": "call.completed", "webhook_url": "https://x", "data": {"id": 1}}'
    assert read(url_signed) == ("call.completed", None, {"id": 1}, "url-signed", "https://x")
    both = b'{"type": "a", "event": "b", "data": {"id": 1}}'
    assert (read(both).type, read(both, "url-signed").type) == ("b", "a")


@pytest.mark.parametrize("dialect", ["body-signed", "url-signed"])
def test_shape_does_not_depend_on_the_dialect(dialect: str) -> None:
    """Either field names the type; the dialect stays what it is said to be."""
    for content in (b'{"type": "a", "event": null}', b'{"event": " a\\n"}'):
        assert read(content, dialect)[::3] == ("a", dialect)


def test_what_a_url_signed_body_names() -> None:
    """Type and URL, whatever its data are: they are what is signed."""
    for data in (b'"text"', b"[1]", b"null", b'{"id": 1}'):
        content = (
            b'{"type": "sms.sent", "event": "x", "webhook_url": "https://x", "data": ' + data + b"}"
        )
        assert claims(content) == (["sms.sent"], "https://x")
    assert claims(b'{"type": "any type"}') == (["any type"], None)
    assert claims(b'{"event": "a"}') == (["a"], None)
    assert claims(b'{"type": 7}') == claims(b"{}") == ([], None)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"not json"])
def test_any_type_may_stand_in_what_cannot_be_read(content: bytes) -> None:
    """The signature may hold all the same, for every type that there is."""
    assert claims(content) == ([*TYPES], None)


def test_a_type_is_found_in_what_cannot_be_read() -> None:
    """Also one that nobody knows yet."""
    types, url = claims(b'{"type" : "call.teleported", "data": {"a": NaN}}')
    assert (types, url) == (["call.teleported", *TYPES], None)
    assert claims(b'{"type": "\xff", "data"')[0][0] == "\ufffd"
