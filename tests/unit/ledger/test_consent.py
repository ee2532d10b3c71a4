"""The history of consent: one item for each change, which nothing overwrites; the state is read from it."""

import itertools

import pytest

from aws import clients
from errors import LedgerUnavailable
from justcall.consent import Change, FlagChange, State, newest_first, states_of
from justcall.envelope import BODY_SIGNED
from justcall.event import RECEIVED, Event
from ledger.consent import Consent, history
from tests.support.faults import Fault, World, conflicted, throttled, timed_out
from tests.unit.ledger.conftest import TABLE, Items

NUMBER = "+14155559876"
EARLY, LATE = "2026-03-12T14:40:00.000Z", "2026-03-12T14:50:00.000Z"
OUT = Change({"opted_out": True})
HASH = "5d1c" * 16


def event(key: str) -> Event:
    return Event("delivery", key, "x", BODY_SIGNED, RECEIVED, b"{}", HASH, 0.0)


@pytest.fixture
def consent(deployed: World) -> Consent:
    return Consent(clients.dynamodb, TABLE)


def changes(items: Items) -> list[FlagChange]:
    return newest_first(history(items.raw().values()))


def test_change_is_an_item_that_says_all_in_its_key_and_never_expires(
    consent: Consent, items: Items
) -> None:
    consent.record(NUMBER, OUT, EARLY, event("sms.optout:1"))
    assert list(items.raw().values()) == [
        {
            "pk": {"S": f"consent#{NUMBER}"},
            "sk": {"S": f"opted_out#{EARLY}#set#{HASH[:16]}#sms.optout:1"},
        }
    ]


def test_every_change_is_kept_whichever_came_first(consent: Consent, items: Items) -> None:
    """Also one that is older than what is there, or loses a tie; a repeated write adds nothing."""
    said = [
        (Change({"dnd": True, "dnm": False}), LATE, "new"),
        (Change({"dnd": False}), EARLY, "old"),
        (Change({"dnd": False}), LATE, "tie"),
    ]
    expected = [
        FlagChange("dnd", LATE, "set", HASH[:16], "new"),
        FlagChange("dnm", LATE, "clear", HASH[:16], "new"),
        FlagChange("dnd", LATE, "clear", HASH[:16], "tie"),
        FlagChange("dnd", EARLY, "clear", HASH[:16], "old"),
    ]
    for order in itertools.permutations(said):
        for change, at, key in (*order, *order):
            consent.record(NUMBER, change, at, event(key))
        found = changes(items)
        assert len(found) == len(expected)
        assert set(found) == set(expected)
        assert found[-1] == expected[-1]
        assert states_of(found)["dnd"] == State(value=True, since=LATE, key="new")


def test_text_that_says_yes_is_kept_as_what_it_is(consent: Consent, items: Items) -> None:
    consent.record(NUMBER, Change(if_set={"opted_out": False}), EARLY, event("sms.received:1"))
    assert changes(items) == [
        FlagChange("opted_out", EARLY, "clear-if-set", HASH[:16], "sms.received:1")
    ]


def test_event_that_says_nothing_writes_nothing(deployed: World, consent: Consent) -> None:
    deployed.invoke("processor", lambda: consent.record(NUMBER, Change(), LATE, event("key")))
    assert deployed.wire.calls == []


def test_numbers_are_apart(consent: Consent, items: Items) -> None:
    consent.record(NUMBER, OUT, EARLY, event("a"))
    consent.record("+14155559877", OUT, EARLY, event("b"))
    assert {pk for pk, _ in items.raw()} == {f"consent#{NUMBER}", "consent#+14155559877"}


@pytest.mark.parametrize("fault", [throttled, timed_out, conflicted])
def test_refusal_is_unavailable(deployed: World, consent: Consent, fault: Fault) -> None:
    """The event must not become *processed* after a write that may not have happened."""
    deployed.wire.standing = lambda _call: fault
    deployed.invoke("processor", lambda: consent.record(NUMBER, OUT, LATE, event("key")))
    [error] = deployed.errors
    assert isinstance(error, LedgerUnavailable)
