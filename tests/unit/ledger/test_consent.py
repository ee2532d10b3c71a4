"""Consent state: what was said last counts, and "no" beats "yes"."""

import itertools

import pytest

from aws import clients
from errors import LedgerUnavailable
from ledger.consent import Consent
from tests.support.faults import Fault, World, conflicted, throttled, timed_out
from tests.unit.ledger.conftest import TABLE, Items

NUMBER = "+14155559876"
EARLY, LATE = "2026-03-12T14:40:00.000Z", "2026-03-12T14:50:00.000Z"


@pytest.fixture
def consent(deployed: World) -> Consent:
    return Consent(clients.dynamodb, TABLE)


def flags(items: Items) -> dict[str, bool]:
    return {sk: item["value"]["BOOL"] for (_, sk), item in items.raw().items()}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([(EARLY, True), (LATE, False)], False),
        ([(EARLY, False), (LATE, True)], True),
        ([(EARLY, False), (LATE, True), (LATE, False)], True),
        ([(EARLY, True), (EARLY, True), (LATE, False), (LATE, False)], False),
    ],
)
def test_newest_wins_and_a_tie_goes_to_the_restrictive(
    consent: Consent, items: Items, said: list[tuple[str, bool]], state: bool
) -> None:
    """By the events' own times, in any order of arrival, each told once more at the end."""
    for number, order in enumerate(itertools.permutations(said)):
        contact = f"{NUMBER}{number}"
        for at, value in (*order, *order[:1]):
            consent.set(contact, {"dnd": value}, at, "key")
        assert items.raw()[f"consent#{contact}", "dnd"]["value"] == {"BOOL": state}, order


def test_flags_are_independent(consent: Consent, items: Items) -> None:
    consent.set(NUMBER, {"dnd": True, "dnm": False}, LATE, "new")
    consent.set(NUMBER, {"dnd": False, "dnm": True, "blacklist": True}, EARLY, "old")
    assert flags(items) == {"dnd": True, "dnm": False, "blacklist": True}


def test_state_names_its_event_and_never_expires(consent: Consent, items: Items) -> None:
    consent.set(NUMBER, {"opted_out": True}, EARLY, "sms.optout:1")
    assert items.raw() == {
        (f"consent#{NUMBER}", "opted_out"): {
            "pk": {"S": f"consent#{NUMBER}"},
            "sk": {"S": "opted_out"},
            "value": {"BOOL": True},
            "at": {"S": EARLY},
            "key": {"S": "sms.optout:1"},
        }
    }


@pytest.mark.parametrize("fault", [throttled, timed_out, conflicted])
def test_refusal_is_unavailable(deployed: World, consent: Consent, fault: Fault) -> None:
    """A write that may not have happened is not taken for "somebody said something newer"."""
    deployed.wire.standing = lambda _call: fault
    deployed.invoke("processor", lambda: consent.set(NUMBER, {"dnd": True}, LATE, "key"))
    [error] = deployed.errors
    assert isinstance(error, LedgerUnavailable)
