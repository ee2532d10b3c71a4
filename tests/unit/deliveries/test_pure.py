"""Matching, signatures, messages and back-off."""

import base64
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from deliveries import backoff, keys, message, signature
from deliveries.destination import NAME, Destination, Filters, destination_of, settings_of
from deliveries.matching import matches
from errors import MessageUnreadable, OutboundFailed, SecretUnavailable


def document(kind: str = "call.missed", whole: dict[str, Any] | None = None, **event: Any) -> Any:
    fields = {"key": f"{kind}:c1", "kind": kind, **event}
    data = {"event": fields, **({"call": whole} if whole else {})}
    return {"specversion": "1.0", "id": f"{kind}:c1#1", "source": "urn:x", "data": data}


# ------------------------------------------------------------ matching

CALL = document(
    justcall_number="+14155551234",
    number="+14155559876",
    agent_id=7,
    agent_email="Ann@Example.com",
    direction="inbound",
)


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(), True),
        (Filters(kinds=frozenset({"call.missed"})), True),
        (Filters(kinds=frozenset({"call.*", "sms.sent"})), True),
        (Filters(kinds=frozenset({"call.completed", "sms.*"})), False),
        (Filters(numbers=frozenset({"+14155551234"})), True),
        (Filters(numbers=frozenset({"+14155559876"})), True),
        (Filters(numbers=frozenset({"+1"})), False),
        (Filters(agents=frozenset({"7"})), True),
        (Filters(agents=frozenset({"ann@example.com"})), True),
        (Filters(agents=frozenset({"8"})), False),
        (Filters(direction="inbound"), True),
        (Filters(direction="outbound"), False),
        (Filters(kinds=frozenset({"call.missed"}), direction="outbound"), False),
    ],
)
def test_all_filters_have_to_pass(filters: Filters, fits: bool) -> None:
    assert matches(filters, CALL) is fits


def test_event_that_says_nothing_is_matched_by_its_call() -> None:
    update = document("call.updated", {"agent_id": 7, "direction": "inbound"}, notes="x")
    assert matches(Filters(agents=frozenset({"7"}), direction="inbound"), update)
    assert not matches(Filters(direction="outbound"), update)


def test_direction_is_the_events_own_if_it_has_one() -> None:
    one = document(whole={"direction": "outbound"}, direction="inbound")
    assert not matches(Filters(direction="outbound"), one)


def test_unknown_field_passes_no_filter() -> None:
    assert not matches(Filters(agents=frozenset({"7"})), document())
    assert not matches(Filters(direction="inbound"), document())


def test_settings_survive_the_table() -> None:
    filters = Filters(frozenset({"call.*"}), frozenset({"+1"}), frozenset({"7"}), "inbound")
    made = Destination("crm", "https://x.example/", filters, "2026", "2027")
    item = {"sk": {"S": "crm"}, **settings_of(made)}
    assert destination_of(item, {}) == made


@pytest.mark.parametrize("name", ["crm", "a", "1-2", "x" * 40])
def test_name_is_allowed(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "CRM", "a#b", "-a", "a-", "x" * 41, "a b", "ä", "a\n"])
def test_name_is_not_allowed(name: str) -> None:
    assert not NAME.fullmatch(name)


# ------------------------------------------------------------ signature


def test_signature_of_the_specification() -> None:
    """The vector of the standardwebhooks libraries' tests."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = signature.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret]
    )
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_every_secret_signs() -> None:
    first, second = signature.new_secret(), signature.new_secret()
    both = signature.headers("msg_1", 1, b"x", [first, second])["webhook-signature"].split(" ")
    assert both == [
        signature.headers("msg_1", 1, b"x", [one])["webhook-signature"] for one in (first, second)
    ]


def test_webhook_id_is_constant_and_has_no_full_stop() -> None:
    one = signature.webhook_id("urn:a", "call.missed:1.2#3")
    assert one == signature.webhook_id("urn:a", "call.missed:1.2#3")
    assert "." not in one
    assert one != signature.webhook_id("urn:b", "call.missed:1.2#3")


def test_secrets_are_of_the_specification() -> None:
    made = signature.new_secret()
    assert signature.is_secret(made)
    assert len(base64.b64decode(made.removeprefix("whsec_"))) == 32
    for wrong in ("", "whsec_", "whsec_AAAA", "x" + made, made + "!", "whsec_" + "A" * 200):
        assert not signature.is_secret(wrong)


# ------------------------------------------------------------ messages


def test_messages_survive_the_queue() -> None:
    delivery = message.delivery_of(document(), "crm", 1.5, again=True)
    assert message.decode(message.encode(delivery)) == delivery
    reference = message.Reference("crm", delivery.id)
    assert message.decode(message.encode(reference)) == reference
    assert message.decode(json.dumps(document())) == message.Published(document())
    assert json.loads(delivery.body) == document()


def test_largest_event_fits_a_message() -> None:
    large = document(notes="\N{GRINNING FACE}" * 20_000)
    assert len(message.encode(message.delivery_of(large, "crm", 1.0))) < 1_048_576


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "null", "{}", '{"to": "x"}', '{"to": 1, "id": "x"}', '{"specversion": "1"}',
     '{"to": "x", "id": "y", "body": "z"}', '{"to": "x", "id": "y", "other": 1}', "[" * 100_000,
     '{"specversion": "1", "id": 1, "source": "x", "data": {"event": {"kind": "x", "key": "y"}}}'],
)  # fmt: skip
def test_other_text_is_unreadable(text: str) -> None:
    with pytest.raises(MessageUnreadable):
        message.decode(text)


# ------------------------------------------------------------ back-off


def test_schedule_goes_from_five_seconds_to_a_day() -> None:
    delays = [backoff.delay(number, None, lambda: 0.0) for number in range(1, 10)]
    assert delays[0] == 5
    assert delays[-2] == 86_400
    assert delays[-1] is None
    assert sorted(backoff.DELAYS) == list(backoff.DELAYS)


def test_jitter_only_adds() -> None:
    assert backoff.delay(1, None, lambda: 0.999) == pytest.approx(6.0, abs=0.01)


def test_retry_after_wins_when_it_is_longer() -> None:
    assert backoff.delay(1, 60.0, lambda: 0.0) == 60
    assert backoff.delay(4, 60.0, lambda: 0.0) == 900


NOW = datetime(2026, 3, 12, 14, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("999999999999", 86_400.0),
        (format_datetime(NOW.replace(minute=42), usegmt=True), 120.0),
        ("Thu, 12 Mar 2026 14:41:00 GMT", 60.0),
        (format_datetime(NOW.replace(minute=0), usegmt=True), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Thu, 99 Mar 2026 14:41:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert backoff.retry_after(value, NOW.timestamp()) == seconds


def test_failing_destination_is_left_alone_for_longer_and_longer() -> None:
    assert [backoff.pause(number) for number in (1, 4)] == [0, 0]
    assert [backoff.pause(number) for number in (5, 6, 7)] == [10, 20, 40]
    assert backoff.pause(1000) == 300


# ------------------------------------------------------------ keys


class Client:
    def __init__(self, text: str) -> None:
        self.text, self.calls = text, 0

    def get_secret_value(self, **_: str) -> dict[str, str]:
        self.calls += 1
        return {"SecretString": self.text}


SECRET, OLDER = signature.new_secret(), signature.new_secret()


def written(rotated_at: str = "1", until: float = 200.0) -> str:
    listed = [{"secret": SECRET, "until": None}, {"secret": OLDER, "until": until}]
    return json.dumps({"crm": {"rotated_at": rotated_at, "secrets": listed}})


def made(text: str) -> tuple[keys.Keys, Client]:
    client: Any = Client(text)
    return keys.Keys(lambda: client, "arn"), client


def test_both_secrets_sign_while_one_expires() -> None:
    store, client = made(written())
    crm = Destination("crm", "https://x.example/", rotated_at="1")
    assert store.of(crm, 100.0) == [SECRET, OLDER]
    assert store.of(crm, 200.0) == [SECRET]
    assert client.calls == 1


def test_rotation_is_seen_at_once() -> None:
    store, client = made(written())
    crm = Destination("crm", "https://x.example/", rotated_at="1")
    store.of(crm, 100.0)
    client.text = written("2").replace(SECRET, OLDER)
    assert store.of(crm._replace(rotated_at="2"), 106.0) == [OLDER, OLDER]


def test_destination_without_secret_fails_and_does_not_drive_calls() -> None:
    store, client = made("{}")
    crm = Destination("crm", "https://x.example/")
    for _ in range(3):
        with pytest.raises(OutboundFailed) as caught:
            store.of(crm, 100.0)
        assert caught.value.reason == "no-secret"
    assert client.calls == 1


@pytest.mark.parametrize("text", ["{", "[]", "1"])
def test_unreadable_secret_is_unavailable_and_not_shown(text: str) -> None:
    store, _ = made(text)
    with pytest.raises(SecretUnavailable) as caught:
        store.of(Destination("crm", "https://x.example/"), 100.0)
    assert caught.value.__cause__ is None
