"""Keys of types whose names nobody has seen yet."""

from justcall.envelope import URL_SIGNED, Envelope
from justcall.keys import content_hash, event_hash, key_of


def test_a_types_family_is_its_first_word() -> None:
    """A new text of a call is known by its own id, however its type goes on."""
    data = {"call_id": "c1", "message_id": "m1"}
    key = key_of(Envelope("sms.received.again", None, data), "0" * 64)
    assert key == "sms.received.again:m1:0000000000000000"


def test_what_is_hashed_of_a_url_signed_event() -> None:
    """The data in one spelling, and the signed time where it may repeat; never the envelope."""
    data = {"b": [1, 2], "a": {"d": 1, "c": 2}}
    call = Envelope("call.completed", None, data, URL_SIGNED, "https://x")
    update = call._replace(type="call.updated")
    said = '{"a":{"c":2,"d":1},"b":[1,2]}'
    when = "2026-03-12T14:40:00.000Z"
    assert event_hash(call, b"any", when) == content_hash(f"[null,{said}]".encode())
    assert event_hash(update, b"any", when) == content_hash(f'["{when}",{said}]'.encode())
    assert event_hash(update, b"any") == content_hash(f"[null,{said}]".encode())
    plain = Envelope("call.updated", None, data)
    assert event_hash(plain, b"any", when) == content_hash(b"any")


def test_data_that_is_nested_too_deep_to_be_hashed() -> None:
    """The bytes are hashed instead; the event is kept."""
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    event = Envelope("call.completed", None, {"x": deep}, URL_SIGNED)
    assert event_hash(event, b"body") == content_hash(b"body")
    while deep:  # Python itself recurses when it frees what is nested
        [deep] = deep  # type: ignore[assignment]  # the innermost is empty
