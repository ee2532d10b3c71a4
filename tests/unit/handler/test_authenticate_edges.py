"""Authentication where two rules meet: what a mutant of it would get away with."""

import json
from typing import Any

import pytest

from errors import SignatureRefused
from handler.authenticate import Delivery, Policy, authenticate
from handler.receive import receive
from justcall.url_signature import sent_at
from tests.support import url_samples
from tests.support.fakes import FakePorts, FakeTime
from tests.support.samples import SECRET, body
from tests.support.url_samples import TIMESTAMP, URL, document, signed

NOW = sent_at(TIMESTAMP) + 60
TYPE = "call.completed"


def delivery(content: bytes, headers: dict[str, str]) -> Delivery:
    return Delivery(
        "1", content, headers["x-justcall-signature"], NOW,
        headers["x-justcall-signature-version"], headers["x-justcall-request-timestamp"],
    )  # fmt: skip


class Asked:
    """Secrets that want to know how much time there is."""

    def __init__(self, *usable: str, refreshed: tuple[str, ...] = ()) -> None:
        self.values, self.newer = usable, refreshed
        self.deadlines: list[FakeTime] = []

    def usable(self, deadline: FakeTime, /) -> tuple[str, ...]:
        self.deadlines.append(deadline)
        return self.values

    def refreshed(self, deadline: FakeTime, /) -> tuple[str, ...]:
        self.deadlines.append(deadline)
        return self.newer


@pytest.mark.parametrize("content", [b"{}", b'{"type": 7}', b'{"type": null}'])
def test_a_signature_of_nothing(content: bytes) -> None:
    """Without a type there is nothing that v1 could have signed."""
    with pytest.raises(SignatureRefused) as refused:
        authenticate(
            delivery(content, signed(TYPE)), Asked(SECRET), Policy(urls=(URL,)), FakeTime()
        )
    assert refused.value.reason == "signature-of-nothing"


def test_what_is_url_signed_is_read_as_such() -> None:
    """A body that looks like both is what its signature makes of it."""
    ports = FakePorts()
    both = {"event": "sms.received", "timestamp": "2026-03-12T14:30:00Z", **document(TYPE)}
    outcome = receive(delivery(body(both), signed(TYPE)), ports.ports(), FakeTime())
    assert outcome.key == "call.completed:CA01"
    [event] = ports.ledger.events.values()
    assert event.dialect == "url-signed"


def test_the_time_that_is_left_is_asked_for_with_every_look() -> None:
    """Each look at the secrets may be a call, and knows its deadline."""
    time, asked = FakeTime(), Asked("older", refreshed=("newer",))
    with pytest.raises(SignatureRefused):
        authenticate(delivery(body(document(TYPE)), signed(TYPE)), asked, Policy(urls=(URL,)), time)
    # Twice for each dialect, and once for the URL that the body names.
    assert asked.deadlines == [time] * 5


@pytest.mark.parametrize("claimed", [None, 7, "", ["XXXX"]], ids=repr)
def test_a_url_that_is_none_is_nobodys(claimed: Any) -> None:
    """Then a mismatch is a mismatch: no URL that could be registered is named."""
    content = json.dumps(document(TYPE) | {"webhook_url": claimed}).encode()
    for url in ("XXXX", ""):
        with pytest.raises(SignatureRefused):
            authenticate(
                delivery(content, signed(TYPE, url=url)),
                Asked(SECRET),
                Policy(urls=(URL,)),
                FakeTime(),
            )


def test_the_same_at_another_time_is_another_event() -> None:
    """A flag that is set, cleared and set again is three events; a call sent again is one."""
    ports = FakePorts()
    words = {}
    for event_type in ("jc.contact_status_updated", TYPE):
        content = body(document(event_type))
        words[event_type] = [
            receive(
                delivery(content, signed(event_type, timestamp=f"2026-03-12 14:4{minute}:00")),
                ports.ports(),
                FakeTime(),
            ).name
            for minute in (0, 1, 1)
        ]
    assert words == {
        "jc.contact_status_updated": ["accepted", "accepted", "duplicate"],
        TYPE: ["accepted", "duplicate", "duplicate"],
    }
    assert len(url_samples.DATA) == 23
