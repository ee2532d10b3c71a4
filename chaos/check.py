"""The verdict: what was sent and how it was answered, against all that the table holds. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chaos.plan import FORGED, GENUINE, POISON, Delivery
from chaos.sender import Sent
from errors import MessageUnreadable
from justcall.event import FAILED, PROCESSED, QUARANTINED, RECEIVED, UNHANDLED
from justcall.keys import content_hash
from ledger import bodies, schema
from messaging.message import Message, decode

type Item = Mapping[str, Any]
# What an acknowledged delivery of another sort must end as.
_ENDS = {POISON: FAILED, "unhandled": UNHANDLED, "quarantined": QUARANTINED}


class Breach(NamedTuple):
    """A promise that was not kept, and with which event."""

    what: str
    key: str


class Found(NamedTuple):
    """What became of it all."""

    figures: Mapping[str, int]
    breaches: Sequence[Breach]


class _Table:
    """Everything that was found, by the event it belongs to."""

    def __init__(self, items: Iterable[Item], dead_letters: Iterable[str]) -> None:
        self.events: dict[str, dict[str, Item]] = defaultdict(dict)
        self.entries: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        self.dead: Counter[str | None] = Counter(map(_key_of, dead_letters))
        self.strangers: list[str] = []
        for item in items:
            self._add(item)

    def _add(self, item: Item) -> None:
        partition, sort_key = item["pk"]["S"], item["sk"]["S"]
        if partition.startswith("event#"):
            self.events[schema.key_of(partition)][sort_key] = item
        elif partition.startswith("contact#"):
            shown = json.loads(bodies.unpack([item]) or b"{}")
            self.entries[shown.get("key", "?")].append((partition, shown))
        elif partition != schema.SWEEP_PARTITION:
            self.strangers.append(partition)

    def ledger(self, key: str) -> Item:
        return self.events.get(key, {}).get(schema.LEDGER, {})

    def status(self, key: str) -> str:
        return str(self.ledger(key).get("status", {}).get("S", ""))

    def body(self, key: str) -> bytes | None:
        """Return an event's body, with its parts in order."""
        items = self.events[key]
        names = [schema.LEDGER, *sorted(n for n in items if n.startswith(f"{schema.LEDGER}#"))]
        return bodies.unpack([items[name] for name in names])


def check(sent: Sequence[Sent], items: Iterable[Item], dead_letters: Iterable[str]) -> Found:
    """Hold what was acknowledged against what is there."""
    table = _Table(items, dead_letters)
    by_key: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_key[one.delivery.key].append(one)
    figures: Counter[str] = Counter()
    breaches: list[Breach] = []
    for key, ones in by_key.items():
        acknowledged = any(one.acknowledged for one in ones)
        sort = ones[0].delivery.sort
        if sort in GENUINE:
            found = _genuine(table, key, ones, figures)
        elif sort == FORGED:
            found = _forged(table, key, acknowledged=acknowledged)
        else:
            found = _kept(table, key, _ENDS[sort], acknowledged=acknowledged)
        figures[f"{'genuine' if sort in GENUINE else sort} events"] += 1
        breaches += [Breach(what, key) for what in found]
    breaches += _strangers(table, by_key)
    breaches += _dead_letters(table, by_key, figures)
    figures["missing"] = sum(one.what.startswith("missing") for one in breaches)
    figures["extra"] = sum(one.what.startswith("extra") for one in breaches)
    figures["taken up by sweepers"] = sum(
        int(table.ledger(key).get("sweeps", {}).get("N", 0)) for key in table.events
    )
    return Found(figures, breaches)


def _genuine(table: _Table, key: str, ones: Sequence[Sent], figures: Counter[str]) -> Iterable[str]:
    status, entries = table.status(key), table.entries[key]
    acknowledged = any(one.acknowledged for one in ones)
    figures["acknowledged events"] += acknowledged
    figures["acknowledged and processed once"] += (
        acknowledged and status == PROCESSED and len(entries) == 1
    )
    figures["never acknowledged, processed"] += not acknowledged and status == PROCESSED
    figures["never acknowledged, kept"] += not acknowledged and status == RECEIVED
    figures["never acknowledged, absent"] += not acknowledged and not status
    if acknowledged and not status:
        yield "missing: acknowledged and not on the ledger"
    elif acknowledged and status != PROCESSED:
        yield f"missing: acknowledged and not processed but {status}"
    if status == PROCESSED and not entries:
        yield "missing: processed and not on its timeline"
    if len(entries) > (status == PROCESSED):
        yield f"extra: {len(entries)} timeline entries of an event that is {status or 'not there'}"
    if status:
        yield from _contents(table, key, ones)


def _contents(table: _Table, key: str, ones: Sequence[Sent]) -> Iterable[str]:
    """Compare what lies there, byte for byte, with what was sent."""
    item = table.ledger(key)
    deliveries = {one.delivery.body_hash: one.delivery for one in ones}
    kept = item["body_hash"]["S"]
    if kept not in deliveries:
        yield "extra: a content that was never sent"
        return
    content = table.body(key)
    if content is None or content_hash(content) != kept:
        yield "missing: the content on the ledger is not what came"
    if int(item["deliveries"]["N"]) < 1:
        yield "missing: a delivery that was not counted"
    if not all(_as_sent(*entry, deliveries[kept]) for entry in table.entries[key]):
        yield "missing: the timeline shows something else than what came"
    yield from _conflicts(table.events[key], ones, kept)


def _conflicts(items: Mapping[str, Item], ones: Sequence[Sent], kept: str) -> Iterable[str]:
    """Look whether other contents of the same key lie beside the one that came first."""
    evidence = {name for name in items if name.startswith(schema.evidence(""))}
    owed = {one.delivery.body_hash for one in ones if one.acknowledged} - {kept}
    sent = {one.delivery.body_hash for one in ones}
    if not {schema.evidence(body_hash) for body_hash in owed} <= evidence:
        yield "missing: acknowledged, and neither kept nor evidence of a conflict"
    if not {name.split("#")[1] for name in evidence} <= sent:
        yield "extra: evidence of a content that was never sent"


def _as_sent(partition: str, shown: Mapping[str, Any], delivery: Delivery) -> bool:
    expected = delivery.shown
    return (
        expected is not None
        and partition == schema.contact_partition(expected.number)
        and shown["at"] == expected.at
        and f"{shown['type']}:" == delivery.key[: len(shown["type"]) + 1]
        and (shown.get(expected.field) == expected.text or expected.field in _left_out(shown))
    )


def _left_out(shown: Mapping[str, Any]) -> Sequence[str]:
    """Return the fields that are too long for a timeline entry, which the ledger holds."""
    names: Sequence[str] = shown.get("left_out", ())
    return names


def _forged(table: _Table, key: str, *, acknowledged: bool) -> Iterable[str]:
    if acknowledged:
        yield "extra: a forged delivery was acknowledged"
    if table.events.get(key) or table.entries[key]:
        yield "extra: a forged delivery had an effect"


def _kept(table: _Table, key: str, end: str, *, acknowledged: bool) -> Iterable[str]:
    status = table.status(key)
    if acknowledged and status != end:
        yield f"missing: acknowledged and not {end} but {status or 'absent'}"
    if table.entries[key]:
        yield f"extra: a timeline entry of what is {status or 'not there'}"


def _strangers(table: _Table, known: Mapping[str, object]) -> Iterable[Breach]:
    for key in {*table.events, *(key for key in table.entries if table.entries[key])}:
        if key not in known:
            yield Breach("extra: an event that was never sent", key)
    for partition in table.strangers:
        yield Breach("extra: an item of no known sort", partition)


def _dead_letters(
    table: _Table, by_key: Mapping[str, Sequence[Sent]], figures: Counter[str]
) -> Iterable[Breach]:
    for key, ones in by_key.items():
        dead = table.dead[key]
        if ones[0].delivery.sort == POISON:
            figures["dead letters, poison"] += dead
            if table.status(key) == FAILED and not dead:
                yield Breach("missing: failed without a dead letter", key)
        elif dead:
            # A copy that came again while its event was in work; nothing is owed for it.
            done = table.status(key) == PROCESSED
            figures["dead letters, copies of processed events"] += dead
            if not done:
                yield Breach("missing: died and is not processed", key)
    figures["dead letters, markers"] = table.dead[None]
    for dead_key in table.dead:
        if dead_key is not None and dead_key not in by_key:
            yield Breach("extra: a dead letter of what was never sent", dead_key)


def _key_of(text: str) -> str | None:
    """Return a dead letter's event, None for a marker."""
    try:
        message = decode(text)
    except MessageUnreadable:
        return "?"
    return message.key if isinstance(message, Message) else None
