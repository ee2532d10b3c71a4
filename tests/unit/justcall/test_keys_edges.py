"""Keys of types whose names nobody has seen yet."""

from justcall.envelope import Envelope
from justcall.keys import key_of


def test_a_types_family_is_its_first_word() -> None:
    """A new text of a call is known by its own id, however its type goes on."""
    data = {"call_id": "c1", "message_id": "m1"}
    key = key_of(Envelope("sms.received.again", None, data), "0" * 64)
    assert key == "sms.received.again:m1:0000000000000000"
