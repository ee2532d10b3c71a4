"""What travels between handler and processor."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from errors import MessageUnreadable
from justcall.event import Event
from justcall.moments import iso
from messaging.message import MESSAGE_BYTES, Message, decode, encode, event_of, message_of

MESSAGE = Message("d1", "call.completed:1", "call.completed", "body-signed", "2026-03-12T14:30:00.000Z",
                  "0" * 64, "{}")  # fmt: skip
DOCUMENT: dict[str, Any] = MESSAGE._asdict()


_TEXTS = st.text(min_size=1, max_size=50)
_MOMENTS = st.floats(0, 4e9).map(iso)


@given(
    st.builds(
        Message,
        _TEXTS,
        _TEXTS,
        _TEXTS,
        _TEXTS,
        _MOMENTS,
        _TEXTS,
        st.text() | st.none(),
        _MOMENTS | st.none(),
    )
)
@example(MESSAGE._replace(body="\ufffe\uffff\x00\x1f\u2028"))
def test_any_message_comes_back(message: Message) -> None:
    """In characters that SQS takes."""
    text = encode(message)
    assert re.fullmatch(r"[ -~]*", text)
    assert decode(text) == message


def test_largest_message_travels_whole() -> None:
    """Up to SQS's limit the message carries the event."""
    room = MESSAGE_BYTES - len(encode(MESSAGE._replace(body="")))
    text = encode(MESSAGE._replace(body="x" * room))
    assert len(text) == MESSAGE_BYTES
    assert decode(text) == MESSAGE._replace(body="x" * room)
    assert decode(encode(MESSAGE._replace(body="x" * (room + 1)))) == MESSAGE._replace(body=None)


@pytest.mark.parametrize("body", ["x" * MESSAGE_BYTES, "ä" * 200_000, '"' * 600_000])
def test_larger_body_stays_on_the_ledger(body: str) -> None:
    """The message names the event, and its processor reads the body."""
    text = encode(MESSAGE._replace(body=body))
    assert len(text) < 1000
    assert decode(text) == MESSAGE._replace(body=None)


UNREADABLE = {
    "nothing": "",
    "no JSON": "hello",
    "a text": '"x"',
    "null": "null",
    "a number": "1",
    "a list": "[]",
    "an object of something else": '{"Records": []}',
    "a raw event": '{"event": "call.completed", "data": {}}',
    "10^5 brackets": "[" * 100_000,
    "5000 digits": "1" * 5000,
    **{f"no {name}": json.dumps({k: v for k, v in DOCUMENT.items() if k != name})
       for name in DOCUMENT if name != "event_time"},
    **{f"{name} is a number": json.dumps(DOCUMENT | {name: 1}) for name in DOCUMENT},
    "key is null": json.dumps(DOCUMENT | {"key": None}),
    "body is an object": json.dumps(DOCUMENT | {"body": {}}),
}  # fmt: skip


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_text_that_is_no_message_is_unreadable(text: str) -> None:
    with pytest.raises(MessageUnreadable) as unreadable:
        decode(text)
    assert unreadable.value.reason == "message-unreadable"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["key"]), inner),
)


@given(st.text() | _JSON.map(json.dumps))
def test_any_text_is_a_message_or_unreadable(text: str) -> None:
    with pytest.raises(MessageUnreadable):
        decode(text)


def test_unknown_fields_are_ignored() -> None:
    """A newer handler may write more than an older processor reads."""
    assert decode(json.dumps(DOCUMENT | {"newer": 1})) == MESSAGE


@pytest.mark.parametrize(
    "change",
    [{"received_at": "garbage"}, {"event_time": "soon"}, {"key": ""}, {"type": ""}],
    ids=repr,
)
def test_message_that_could_not_be_processed_is_refused_at_once(change: dict[str, str]) -> None:
    """Before its effects are written."""
    with pytest.raises(MessageUnreadable):
        decode(json.dumps(DOCUMENT | change))


def test_message_takes_the_whole_event_to_its_processor() -> None:
    """Its time travels with it, because a url-signed body does not hold it."""
    happened = "2026-03-12T14:30:00.000Z"
    event = Event("d", "k", "call.completed", "url-signed", "received", b"{}", "h", 1.0, happened)
    message = message_of(event)
    assert message == Message(
        "d", "k", "call.completed", "url-signed", iso(1.0), "h", "{}", happened
    )
    assert event_of(message, b"{}") == event
