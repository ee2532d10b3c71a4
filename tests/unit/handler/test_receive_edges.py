"""The receiving path where two rules meet: what a mutant of it would get away with."""

import pytest

from errors import SignatureRefused
from handler.authenticate import Delivery
from handler.receive import Outcome, receive
from justcall.event import QUARANTINED, Event
from justcall.keys import content_hash, quarantine_key
from justcall.signature import sign
from tests.support.fakes import FakePorts, FakeTime
from tests.support.samples import SECRET

NOW = 1_773_326_401.25
# Names a type and holds no data, and says something that no probe is known to say.
STRANGE = b'{"event": "call.completed", "call_id": "c1"}'


def post(ports: FakePorts, content: bytes, header: str | None) -> Outcome:
    return receive(Delivery("delivery", content, header, NOW), ports.ports(), FakeTime())


def test_field_that_no_probe_has_makes_a_delivery() -> None:
    """A whole event outside `data` must not be acknowledged and lost."""
    ports = FakePorts()
    with pytest.raises(SignatureRefused):
        post(ports, STRANGE, None)
    assert ports.untouched


@pytest.mark.parametrize("content", [b"", b" ", b"{}", b"null", b"[]"])
def test_empty_body_is_a_probe(content: bytes) -> None:
    ports = FakePorts()
    assert post(ports, content, None) == Outcome("probe")
    assert ports.untouched


@pytest.mark.parametrize(
    ("content", "reason"),
    [(STRANGE, "no-data"), (b'\xef\xbb\xbf{"event": "a", "x": 1, "data": []}', "no-data"), (b"7", "not-an-object")],
)  # fmt: skip
def test_what_is_signed_and_no_event_is_kept_whole(content: bytes, reason: str) -> None:
    """Everything that is known of it stands on the ledger, as for any event."""
    ports = FakePorts()
    key = quarantine_key(content_hash(content))
    assert post(ports, content, sign(content, SECRET)) == (QUARANTINED, key, reason)
    assert ports.ledger.events == {
        key: Event(
            delivery_id="delivery",
            key=key,
            type=QUARANTINED,
            dialect="body-signed",
            status=QUARANTINED,
            body=content,
            body_hash=content_hash(content),
            received_at=NOW,
        )
    }


def test_an_event_is_kept_whole() -> None:
    """The ledger knows the dialect and the delivery of every event."""
    ports = FakePorts()
    content = b'{"event": "call.completed", "data": {"call_id": "c1"}}'
    key = post(ports, content, sign(content, SECRET)).key
    assert key is not None
    kept = ports.ledger.events[key]
    assert (kept.delivery_id, kept.dialect) == ("delivery", "body-signed")
