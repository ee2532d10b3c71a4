"""The short form of `make chaos`: everything breaks under load, and nothing acknowledged is lost."""

import json
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chaos.__main__ import QUICK, table
from chaos.check import check
from chaos.deployment import own_place
from chaos.plan import EVENT, FORGED, POISON
from chaos.run import Result, run
from ledger import bodies
from ledger.schema import LEDGER
from tests.e2e.conftest import Stack

type Items = list[Mapping[str, Any]]


@pytest.fixture(scope="module")
def result(stack: Stack) -> Result:
    """Run in a stack of its own; what the other tests' stack was built from is not built again."""
    with own_place() as place:
        shutil.copytree(stack.place.home / "build-cache", place.home / "build-cache")
        shutil.copy(stack.place.home / "build.toml", place.home)
        return run(place, QUICK, print)


def test_what_was_acknowledged_was_processed_once(result: Result) -> None:
    """Under faults, killed workers, a hanging and a killed AWS nothing is missing, nothing extra."""
    assert not result.breaches, table(result)
    assert result.figures["acknowledged events"] > QUICK.events * 0.9


def test_it_was_broken_enough(result: Result) -> None:
    """Each disaster happened, each sort of delivery was answered, and faults were injected."""
    assert {"workers killed", "MiniStack frozen", "MiniStack killed"} <= set(result.disasters)
    assert sum(result.faults.values()) > 50
    assert len(result.sent) > QUICK.events


def key_of(result: Result, sort: str) -> str:
    """Return the key of a delivery whose event was not sent with other content as well."""
    return next(
        one.delivery.key
        for one in result.sent
        if one.delivery.sort == sort
        and len(
            {other.delivery.body for other in result.sent if other.delivery.key == one.delivery.key}
        )
        == 1
        and (sort == FORGED or one.acknowledged)
    )


def entry_of(result: Result, key: str) -> Mapping[str, Any]:
    """Return the timeline entry of an event."""
    return next(
        item
        for item in result.items
        if item["pk"]["S"].startswith("contact#") and item["sk"]["S"].endswith(f"#{key}")
    )


def without_entry(result: Result) -> Items:
    entry = entry_of(result, key_of(result, EVENT))
    return [item for item in result.items if item is not entry]


def with_a_second_entry(result: Result) -> Items:
    entry = entry_of(result, key_of(result, EVENT))
    return [*result.items, {**entry, "pk": {"S": "contact#+14155550000"}}]


def with_another_text(result: Result) -> Items:
    entry = entry_of(result, key_of(result, EVENT))
    content = (bodies.unpack([entry]) or b"").replace(b"chaos", b"other").decode()
    bare = {name: entry[name] for name in ("pk", "sk")}
    return [*(item for item in result.items if item is not entry), {**bare, "text": {"S": content}}]


def without_event(result: Result) -> Items:
    key = key_of(result, EVENT)
    return [item for item in result.items if item["pk"]["S"] != f"event#{key}"]


def without_event_and_entry(result: Result) -> Items:
    entry = entry_of(result, key_of(result, EVENT))
    return [item for item in without_event(result) if item is not entry]


def with_status(result: Result, sort: str, status: str) -> Items:
    pk = f"event#{key_of(result, sort)}"
    return [
        {**item, "status": {"S": status}}
        if (item["pk"]["S"], item["sk"]["S"]) == (pk, LEDGER)
        else item
        for item in result.items
    ]


def with_an_effect_of_a_forgery(result: Result) -> Items:
    pk = {"S": f"event#{key_of(result, FORGED)}"}
    ledger = next(item for item in result.items if item["sk"]["S"] == LEDGER)
    return [*result.items, {**ledger, "pk": pk}]


def with_a_stranger(result: Result) -> Items:
    ledger = next(item for item in result.items if item["sk"]["S"] == LEDGER)
    return [*result.items, {**ledger, "pk": {"S": "event#call.completed:nobody"}}]


@pytest.mark.parametrize(
    ("flaw", "what"),
    [
        (without_entry, "missing: processed and not on its timeline"),
        (with_a_second_entry, "extra: 2 timeline entries of an event that is processed"),
        (with_another_text, "missing: the timeline shows something else than what came"),
        (without_event, "missing: acknowledged and not on the ledger"),
        (without_event_and_entry, "missing: acknowledged and not on the ledger"),
        (lambda found: with_status(found, EVENT, "received"), "missing: acknowledged and not processed but received"),
        (lambda found: with_status(found, POISON, "received"), "missing: acknowledged and not failed but received"),
        (with_an_effect_of_a_forgery, "extra: a forged delivery had an effect"),
        (with_a_stranger, "extra: an event that was never sent"),
    ],
)  # fmt: skip
def test_the_verdict_sees_a_planted_flaw(
    result: Result, flaw: Callable[[Result], Items], what: str
) -> None:
    """One item taken away, doubled or changed in what was found, and the verdict says so."""
    found = check(result.sent, flaw(result), result.dead_letters)
    assert what in {breach.what for breach in found.breaches}


def test_the_verdict_sees_a_dead_letter(result: Result) -> None:
    """A message that died, of an event that is not processed, is a breach."""
    key = key_of(result, EVENT)
    poison = next(text for text in result.dead_letters if '"body_hash"' in text)
    letter = json.dumps(json.loads(poison) | {"key": key})
    found = check(result.sent, with_status(result, EVENT, "failed"), [*result.dead_letters, letter])
    assert "missing: died and is not processed" in {breach.what for breach in found.breaches}
