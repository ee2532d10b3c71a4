"""What can be read from a body, and what is a probe."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import Unreadable
from justcall.catalogue import TYPES
from justcall.envelope import BODY_SIGNED, event_time, is_probe, read, told
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
    "200 000 brackets": (b"[" * 200_000, "not-json"),
    "200 000 deep": (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "not-json"),
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
    "a newline ends the type": (b'{"event": "call.completed\\n"}', "type-unreadable"),
    "a hash in the type": (b'{"event": "call#completed"}', "type-unreadable"),
    "a colon in the type": (b'{"event": "call:completed"}', "type-unreadable"),
    "letters of no ASCII": ('{"event": "appel.terminé"}'.encode(), "type-unreadable"),
    "half a character as type": (b'{"event": "\\ud800"}', "type-unreadable"),
    "a type of 129 letters": (b'{"event": "%s"}' % (b"a" * 129), "type-unreadable"),
    "a list as data": (b'{"event": "call.completed", "data": [1]}', "data-not-an-object"),
    "a text as data": (b'{"event": "call.completed", "data": "x"}', "data-not-an-object"),
    "a number as data": (b'{"event": "call.completed", "data": 7}', "data-not-an-object"),
    "true as data": (b'{"event": "call.completed", "data": true}', "data-not-an-object"),
    # Neither missing nor null nor empty: content, of a sort that we cannot read.
    "zero as data": (b'{"event": "call.completed", "data": 0}', "data-not-an-object"),
    "false as data": (b'{"event": "call.completed", "data": false}', "data-not-an-object"),
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


@pytest.mark.parametrize("data", ["", ', "data": null', ', "data": {}'])
def test_no_data_reads_as_empty(data: str) -> None:
    """A missing, null or empty `data` is empty."""
    assert read(f'{{"event": "call.completed"{data}}}'.encode()).data == {}


@pytest.mark.parametrize(
    "document",
    [
        {"event": "call.completed"},
        {"event": "call.completed", "timestamp": "2026-03-12T14:30:00Z"},
        {"type": "call.completed", "webhook_url": "https://example.com/hook"},
        {"type": "call.completed", "webhook_url": "https://example.com/hook", "data": {}},
        {"type": "call.completed", "data": None},
        {"event": "any name", "data": []},
    ],
)
def test_what_is_a_probe(document: object) -> None:
    """A type in either dialect's field and no data: JustCall asks whether somebody is there."""
    assert is_probe(body(document), signed=False)
    assert is_probe(body(document), signed=True)


NO_PROBES = {
    "nothing": b"",
    "no JSON": b"ping",
    "no object": b"[]",
    "no type": b'{"webhook_url": "https://example.com"}',
    "a type that is no text": b'{"type": 1}',
    "an empty object": b"{}",
    "data": b'{"type": "call.completed", "data": {"call_id": "1"}}',
    "data with an empty id": b'{"type": "call.completed", "data": {"id": ""}}',
    "data that says nothing": b'{"type": "call.completed", "data": {"id": null}}',
    "a text as data": b'{"type": "call.completed", "data": ""}',
    "zero as data": b'{"type": "call.completed", "data": 0}',
    "false as data": b'{"type": "call.completed", "data": false}',
    "no UTF-8": b'{"type": "\xff"}',
    "too long to be parsed": b'{"type": "call.completed"}' + b" " * 4096,
}


@pytest.mark.parametrize("content", NO_PROBES.values(), ids=NO_PROBES)
def test_what_is_no_probe(content: bytes) -> None:
    """What holds anything, or names nothing, is no probe: being unsigned is no test for one."""
    assert not is_probe(content, signed=False)
    assert not is_probe(content, signed=True)


MORE_THAN_A_PROBE = {
    "a call that is not in data": b'{"event": "call.completed", "call_id": "c1"}',
    "data under another name": b'{"event": "call.completed", "payload": {"call_id": "c1"}}',
    "data twice": b'{"event": "call.completed", "data": {"call_id": "c1"}, "data": {}}',
    "data twice, spelt otherwise": b'{"event": "a", "data": {"id": 1}, "d\\u0061ta": {}}',
}


@pytest.mark.parametrize("content", MORE_THAN_A_PROBE.values(), ids=MORE_THAN_A_PROBE)
def test_what_is_signed_is_not_taken_for_a_probe_on_a_guess(content: bytes) -> None:
    """Signed, it may be an event of a shape that nobody told us of; it is to be kept."""
    assert not is_probe(content, signed=True)


def test_data_beside_no_data_is_no_probe() -> None:
    """Nor is it one unsigned: which of the two is meant cannot be known."""
    assert not is_probe(b'{"event": "a", "data": {"id": 1}, "data": {}}', signed=False)


@pytest.mark.parametrize("kind", BY_KIND)
def test_no_sample_is_a_probe(kind: str) -> None:
    """A real event never passes for a probe."""
    assert not is_probe(body(BY_KIND[kind]), signed=False)


TIMES = {
    "2026-03-12T14:30:00Z": "2026-03-12T14:30:00.000Z",
    "2026-03-12T14:30:00.5Z": "2026-03-12T14:30:00.500Z",
    "2026-03-12T14:30:00.123456+00:00": "2026-03-12T14:30:00.123Z",
    "2026-03-12T14:30:00": "2026-03-12T14:30:00.000Z",
    "2026-03-12 14:30:00": "2026-03-12T14:30:00.000Z",
    "2026-03-12T16:30:00+02:00": "2026-03-12T14:30:00.000Z",
    "2026-03-12T09:00:00-05:30": "2026-03-12T14:30:00.000Z",
    "20260312T143000Z": "2026-03-12T14:30:00.000Z",
    "2026-03-12": "2026-03-12T00:00:00.000Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
}


@pytest.mark.parametrize(("timestamp", "moment"), TIMES.items())
def test_event_times(timestamp: str, moment: str) -> None:
    """A timestamp becomes UTC in one form; one without an offset is UTC."""
    assert event_time(timestamp) == moment


@pytest.mark.parametrize(
    "timestamp",
    [None, "", " ", "now", 1773325800, 1773325800.5, True, [], {}, "2026-02-30T00:00:00Z",
     "2026-03-12T25:00:00Z", "1773325800", "12/03/2026", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59-14:00", "2026-03-12T14:30:00+99:00", "\ud800", "٢٠٢٦-٠٣-١٢"],
    ids=repr,
)  # fmt: skip
def test_what_is_no_time(timestamp: object) -> None:
    """A timestamp that is none gives none, and no error."""
    assert event_time(timestamp) is None


@given(st.text() | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()))
def test_any_timestamp_gives_a_sortable_moment_or_none(timestamp: str) -> None:
    """Whatever stands there, what comes out has one length and sorts as text."""
    moment = event_time(timestamp)
    assert moment is None or (len(moment), moment[-1]) == (24, "Z")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_unreadable(content: bytes) -> None:
    """Nothing but Unreadable is ever raised."""
    assert not is_probe(content, signed=True) or is_probe(content, signed=False)
    try:
        assert read(content).type
    except Unreadable as unreadable:
        assert unreadable.reason


def test_the_largest_probe() -> None:
    """4 KiB are read without a signature, and no more."""
    frame = b'{"type": "x", "webhook_url": ""}'
    probe = frame.replace(b'""', b'"' + b"u" * (4096 - len(frame)) + b'"')
    assert len(probe) == 4096
    assert is_probe(probe, signed=False)
    assert not is_probe(probe + b" ", signed=False)


def test_a_probe_with_every_field_that_a_probe_may_have() -> None:
    """Both dialects' fields at once, signed: still nothing to keep."""
    fields = dict.fromkeys(
        ("event", "type", "timestamp", "webhook_url", "url_id", "request_id"), "x"
    )
    assert is_probe(json.dumps(fields | {"data": {}}).encode(), signed=True)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC"])
def test_the_machines_own_zone_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """A timestamp without an offset is UTC on a laptop too, not the time of where it stands."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", zone)
        time.tzset()
        found = event_time("2026-03-12T14:30:00")
    time.tzset()
    assert found == "2026-03-12T14:30:00.000Z"


def test_an_envelope_is_read_as_what_it_looks_like() -> None:
    """Whose bytes are signed may have either shape."""
    url_signed = b'{"type": "call.completed", "webhook_url": "https://x", "data": {"id": 1}}'
    assert read(url_signed) == ("call.completed", None, {"id": 1}, "url-signed", "https://x")
    both = b'{"type": "a", "event": "b", "data": {"id": 1}}'
    assert (read(both).type, read(both, "url-signed").type) == ("b", "a")


def test_what_a_url_signed_body_names() -> None:
    """Type and URL, whatever its data are: they are what is signed."""
    for data in (b'"text"', b"[1]", b"null", b'{"id": 1}'):
        content = (
            b'{"type": "sms.sent", "event": "x", "webhook_url": "https://x", "data": ' + data + b"}"
        )
        assert told(content) == (["sms.sent"], "https://x")
    assert told(b'{"type": "any type"}') == (["any type"], None)
    assert told(b'{"event": "a"}') == (["a"], None)
    assert told(b'{"type": 7}') == told(b"{}") == ([], None)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"not json"])
def test_any_type_may_stand_in_what_cannot_be_read(content: bytes) -> None:
    """The signature may hold all the same, for every type that there is."""
    assert told(content) == ([*TYPES], None)


def test_a_type_is_found_in_what_cannot_be_read() -> None:
    """Also one that nobody knows yet."""
    types, url = told(b'{"type" : "call.teleported", "data": {"a": NaN}}')
    assert (types, url) == (["call.teleported", *TYPES], None)
    assert told(b'{"type": "\xff", "data"')[0][0] == "\ufffd"
