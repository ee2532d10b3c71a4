"""Each delivery of chaos's plan, through the handler's own code: keys, hashes, refusals."""

import pytest

from chaos.plan import EVENT, FORGED, QUARANTINED, UNHANDLED, Delivery, Stack, plan, poison
from errors import MessageUnreadable, SignatureRefused, Unreadable
from handler import authenticate
from handler.authenticate import Policy
from handler.receive import Outcome, Ports, receive
from justcall import envelope, signature, url_signature
from justcall.catalogue import kind_of
from justcall.event import Event
from local.place import SAMPLE_SECRET
from messaging.message import decode

NOW = 1_790_000_000.0
STACK = Stack("https://api.example.com/webhooks/justcall", NOW)
PLAN = plan(140, 10.0, 3, STACK)


class Fake:
    """Every port of the handler: one secret, a ledger that takes everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def usable(self, deadline: object) -> tuple[str, ...]:
        return (SAMPLE_SECRET,)

    refreshed = usable

    def keep(self, event: Event) -> None:
        self.events.append(event)

    def send(self, kind: str, message: object) -> None:
        pass

    def require_call(self) -> None:
        pass


def posted(delivery: Delivery, attempt: int) -> tuple[Outcome, Event]:
    """Receive one attempt, made 30 seconds after the one before."""
    now = NOW + 30 * attempt
    post, fake = delivery.post(attempt, now), Fake()
    request = authenticate.Delivery(
        f"delivery-{attempt}",
        post.body,
        post.headers.get(signature.HEADER),
        now,
        post.headers.get(url_signature.VERSION_HEADER),
        post.headers.get(url_signature.TIMESTAMP_HEADER),
    )
    ports = Ports(fake, fake, fake, Policy(urls=(STACK.url,)))  # type: ignore[arg-type]
    return receive(request, ports, fake), fake.events[0]


def test_both_dialects_are_sent_half_and_half() -> None:
    events = [one for one in PLAN if one.sort == EVENT]
    url_signed = sum(one.dialect == envelope.URL_SIGNED for one in events)
    assert (len(events), url_signed) == (140, 70)


def test_every_attempt_of_a_delivery_is_the_same_event() -> None:
    for delivery in (one for one in PLAN if one.sort != FORGED):
        (_, first), (_, second) = posted(delivery, 0), posted(delivery, 1)
        assert first.key == second.key == delivery.key
        assert first.body_hash == second.body_hash == delivery.content_hash
        assert first.status == {UNHANDLED: "unhandled", QUARANTINED: "quarantined"}.get(
            delivery.sort, "received"
        )


def test_url_signed_retries_have_another_body() -> None:
    retried = next(one for one in PLAN if one.dialect == envelope.URL_SIGNED and one.sort == EVENT)
    assert retried.body(0) != retried.body(1)


def test_forged_deliveries_are_refused() -> None:
    forged = [one for one in PLAN if one.sort == FORGED]
    assert {(one.dialect, one.forgery) for one in forged} >= {
        (envelope.BODY_SIGNED, "unsigned"),
        (envelope.BODY_SIGNED, "guessed secret"),
        (envelope.BODY_SIGNED, "other content"),
        (envelope.URL_SIGNED, "unsigned"),
        (envelope.URL_SIGNED, "guessed secret"),
        (envelope.URL_SIGNED, "other content"),
        (envelope.URL_SIGNED, "other URL"),
        (envelope.URL_SIGNED, "expired"),
    }
    for delivery in forged:
        with pytest.raises(SignatureRefused):
            posted(delivery, 0)


def test_poison_is_no_message_of_its_queue() -> None:
    for kind, text in poison(30):
        try:
            message = decode(text)
        except MessageUnreadable:
            continue
        if kind_of(message.type) == kind:
            with pytest.raises(Unreadable):
                envelope.read((message.body or "").encode())
