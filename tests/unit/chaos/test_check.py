"""chaos's verdict: a whole table passes, and each planted flaw is named."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from chaos.check import check
from chaos.plan import CONFLICT, EVENT, FORGED, UNHANDLED, Stack, plan, poison
from chaos.sender import Sent
from justcall import keys
from ledger import bodies, schema
from messaging.message import Message, encode

type Items = dict[tuple[str, str], dict[str, Any]]

NOW = 1_790_000_000.0
RECEIVED_AT = "2026-09-21T14:13:20.000Z"
POISON = [text for _, text in poison(3)]
PLAN = plan(140, 10.0, 3, Stack("https://api.example.com/webhooks/justcall", NOW))
SENT = [
    Sent(one, (401,) if one.sort == FORGED else (503, 200), tuple(one.post(n, NOW + n).signed_at for n in (0, 1)))
    for one in PLAN
]  # fmt: skip


@cache
def whole() -> Items:
    """Return what the stack would hold after `SENT`."""
    items: Items = {}
    for one in SENT:
        if one.delivery.sort != FORGED:
            add(items, one)
    return items


def table() -> Items:
    """Return a copy of the whole table, to damage."""
    return {where: dict(item) for where, item in whole().items()}


def add(items: Items, one: Sent) -> None:
    delivery = one.delivery
    key, body = delivery.key, delivery.body(1)
    before = items.get((schema.event_partition(key), schema.LEDGER))
    if before and before["body_hash"]["B"].hex() != delivery.content_hash:
        key = keys.with_content(key, delivery.content_hash)
    pk = schema.event_partition(key)
    item: dict[str, Any] = {
        "pk": {"S": pk},
        "sk": {"S": schema.LEDGER},
        "dialect": {"S": delivery.dialect},
        "received_at": {"S": RECEIVED_AT},
        "deliveries": {"N": "1"},
        "body_hash": {"B": bytes.fromhex(delivery.content_hash)},
        **({"event_time": {"S": one.signed_at[1]}} if one.signed_at[1] else {}),
        **bodies.attribute(bodies.pack(body, 0)),
    }
    if (pk, schema.LEDGER) in items:
        return
    status = "processed" if delivery.shown else delivery.sort
    item |= {
        "status": {"S": status},
        "cell": {"S": schema.cell(status, key, RECEIVED_AT)},
    }
    if shown := delivery.shown:
        at = shown.at or one.signed_at[1] or ""
        entry = bodies.pack_entry({shown.field: shown.text}, body)
        item |= {"contact": {"S": shown.number}, "at": {"S": at}, "entry": {"B": entry}}
        for flag, value in shown.flags.items():
            step = "set" if value else "clear"
            change = schema.consent_change(flag, at, step, delivery.content_hash, delivery.key)
            put_change(items, schema.consent_partition(shown.number), change)
    items[pk, schema.LEDGER] = item


def put_change(items: Items, pk: str, sk: str) -> None:
    items[pk, sk] = {"pk": {"S": pk}, "sk": {"S": sk}}


def first(sort: str = EVENT) -> str:
    """Return the key of an event that has no conflict and sets no flag."""
    conflicts = {one.key for one in PLAN if one.sort == CONFLICT}
    return next(
        one.key
        for one in PLAN
        if one.sort == sort and one.key not in conflicts and not (one.shown and one.shown.flags)
    )


def ledger(items: Items, key: str) -> dict[str, Any]:
    return items[schema.event_partition(key), schema.LEDGER]


def breaches(items: Items, dead_letters: list[str] = POISON) -> set[str]:
    return {one.what for one in check(SENT, items.values(), dead_letters, POISON).breaches}


def test_a_whole_table_keeps_every_promise() -> None:
    result = check(SENT, table().values(), POISON, POISON)
    again = sum(one.sort == CONFLICT for one in PLAN)
    assert not result.breaches
    assert result.figures["acknowledged and processed once"] == result.figures["genuine events"]
    assert result.figures["genuine events"] == 140 + again
    assert result.figures["consent changes"] > 10
    assert {CONFLICT, EVENT} <= {one.sort for one in PLAN}


def lost(items: Items) -> None:
    for name in ("contact", "at", "entry"):
        del ledger(items, first())[name]


def twice(items: Items) -> None:
    key = f"{first()}-planted"
    pk = schema.event_partition(key)
    items[pk, schema.LEDGER] = ledger(items, first()) | {"pk": {"S": pk}}


def forgotten(items: Items) -> None:
    del items[schema.event_partition(first()), schema.LEDGER]


def another_text(items: Items) -> None:
    item = ledger(items, first())
    entry = bodies.unpack_entry(item)
    name = next(name for name, value in entry.items() if str(value).startswith("chaos "))
    item["entry"] = {"B": bodies.pack_entry({name: "other"}, bodies.unpack([item]))}


def another_contact(items: Items) -> None:
    ledger(items, first())["contact"] = {"S": "+14155550000"}


def an_unreadable_entry(items: Items) -> None:
    ledger(items, first())["entry"] = {"B": b"x\x9c"}


def still_received(items: Items) -> None:
    ledger(items, first())["status"] = {"S": "received"}


def in_the_wrong_cell(items: Items) -> None:
    ledger(items, first())["cell"] = {"S": "received#0"}


def unhandled_but_processed(items: Items) -> None:
    ledger(items, first(UNHANDLED))["status"] = {"S": "processed"}


def a_forgery_with_an_effect(items: Items) -> None:
    pk = schema.event_partition(first(FORGED))
    items[pk, schema.LEDGER] = ledger(items, first()) | {"pk": {"S": pk}}


def a_stranger(items: Items) -> None:
    items["contact#+14155550000", "x"] = {"pk": {"S": "contact#+14155550000"}, "sk": {"S": "x"}}


def publish(items: Items, key: str) -> None:
    """List an event as the publisher does."""
    pk = schema.subject_partition("call:1")
    items[pk, schema.MEMBERS] = {
        "pk": {"S": pk},
        "sk": {"S": schema.MEMBERS},
        "members": {"SS": [key]},
        "subjects": {"SS": ["call:1"]},
    }


def published_and_not_processed(items: Items) -> None:
    publish(items, first(UNHANDLED))


def published_and_unknown(items: Items) -> None:
    publish(items, "call.completed:nobody")


def without_what_was_told_again(items: Items) -> None:
    key = next(one.key for one in PLAN if one.sort == CONFLICT)
    where = next(where for where in items if where[0].startswith(f"{schema.event_partition(key)}:"))
    del items[where]


def evidence(items: Items) -> None:
    item = ledger(items, first())
    items[item["pk"]["S"], schema.evidence("00")] = item | {"sk": {"S": schema.evidence("00")}}


def other_body(items: Items) -> None:
    item = ledger(items, first())
    for name in ("text", "packed"):
        item.pop(name, None)
    item["text"] = {"S": "{}"}


def change(items: Items) -> tuple[str, str]:
    return next(where for where in items if where[0].startswith("consent#"))


def without_consent(items: Items) -> None:
    del items[change(items)]


def flipped_consent(items: Items) -> None:
    pk, sk = change(items)
    flipped = {"set": "clear", "clear": "set"}
    put_change(items, pk, "#".join(flipped.get(one, one) for one in sk.split("#", 4)))


def consent_of_nobody(items: Items) -> None:
    put_change(items, "consent#nobody", change(items)[1])


def consent_set_by_another(items: Items) -> None:
    pk, sk = change(items)
    put_change(items, pk, "#".join([*sk.split("#", 4)[:4], first()]))


def test_a_published_event_is_no_breach() -> None:
    items = table()
    publish(items, first())
    assert breaches(items) == set()


@pytest.mark.parametrize(
    ("flaw", "what"),
    [
        (lost, "missing: processed and not on its timeline"),
        (twice, "extra: an event that was never sent"),
        (forgotten, "missing: acknowledged and not on the ledger"),
        (another_text, "missing: the timeline shows something else than what came"),
        (another_contact, "missing: the timeline shows something else than what came"),
        (an_unreadable_entry, "missing: the timeline shows something else than what came"),
        (still_received, "missing: acknowledged and not processed but received"),
        (still_received, "extra: on a timeline and not processed but received"),
        (unhandled_but_processed, "missing: acknowledged and not unhandled but processed"),
        (a_forgery_with_an_effect, "extra: a forged delivery had an effect"),
        (a_stranger, "extra: an item of no known sort"),
        (published_and_not_processed, "extra: published, and not processed"),
        (published_and_unknown, "extra: published, and not processed"),
        (without_what_was_told_again, "missing: acknowledged and not on the ledger"),
        (evidence, "extra: evidence of a conflict, though all are authenticated alike"),
        (other_body, "missing: the content on the ledger is not what came"),
        (without_consent, "missing: a change of consent that an event made"),
        (flipped_consent, "extra: a change of consent that no event made"),
        (consent_set_by_another, "extra: a change of consent that no event made"),
        (consent_of_nobody, "extra: a change of consent that no event made"),
    ],
)
def test_a_planted_flaw_is_named(flaw: Callable[[Items], None], what: str) -> None:
    items = table()
    flaw(items)
    assert what in breaches(items)


def test_an_item_in_the_wrong_cell_is_named() -> None:
    items = table()
    in_the_wrong_cell(items)
    assert any(what.startswith("missing: not in its cell") for what in breaches(items))


def test_poison_outside_the_dead_letter_queue_is_named() -> None:
    assert "missing: poison that is not in the dead-letter queue" in breaches(table(), POISON[1:])


def letter(key: str) -> str:
    return encode(Message("d", key, "call.completed", "body-signed", RECEIVED_AT, "hash", "{}"))


def test_a_dead_letter_is_a_breach_unless_its_event_is_processed() -> None:
    items = table()
    assert not breaches(items, [*POISON, letter(first())])
    still_received(items)
    assert "missing: died and is not processed" in breaches(items, [*POISON, letter(first())])
    never = "extra: a dead letter of what was never sent"
    assert never in breaches(items, [*POISON, letter("call.completed:nobody")])
    assert never in breaches(items, [*POISON, json.dumps("garbage")])
