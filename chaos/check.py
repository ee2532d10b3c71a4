"""The verdict: compare the whole table with what was sent and how it was answered. Pure."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chaos.plan import FORGED, GENUINE, QUARANTINED, UNHANDLED, Delivery, Shown
from chaos.sender import Sent
from deliveries import places
from errors import MessageUnreadable
from justcall import event, keys
from justcall.consent import CLEAR, SET
from justcall.event import PROCESSED, RECEIVED
from ledger import bodies, queries, schema
from messaging.message import decode

type Item = Mapping[str, Any]
# The status that an acknowledged delivery without a processor must have.
_ENDS = {UNHANDLED: event.UNHANDLED, QUARANTINED: event.QUARANTINED}
_PLACE = ("contact", "at", "entry")
_OF_DELIVERIES = (places.SETTINGS, places.STATES)


class Breach(NamedTuple):
    """A promise that was not kept, and with which event."""

    what: str
    key: str


class Found(NamedTuple):
    """The figures of a run, and the promises that it broke."""

    figures: Mapping[str, int]
    breaches: Sequence[Breach]


class _Table:
    """Every item of the table, by the event it belongs to."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.events: dict[str, dict[str, Item]] = defaultdict(dict)
        self.consent: set[tuple[str, str]] = set()
        self.members: set[str] = set()  # events that the publisher has listed with their call
        self.strangers: list[str] = []
        for item in items:
            partition, sort_key = item["pk"]["S"], item["sk"]["S"]
            if partition.startswith(schema.event_partition("")):
                self.events[schema.key_of(partition)][sort_key] = item
            elif partition.startswith(schema.consent_partition("")):
                self.consent.add((partition, sort_key))
            elif partition.startswith(schema.subject_partition("")):
                self.members |= set(item["members"]["SS"])
            elif partition in _OF_DELIVERIES or partition.startswith(places.partition("")):
                continue  # chaos.delivered compares what arrived
            else:
                self.strangers.append(partition)

    def ledger(self, key: str) -> Item:
        return self.events.get(key, {}).get(schema.LEDGER, {})

    def status(self, key: str) -> str:
        return str(self.ledger(key).get("status", {}).get("S", ""))

    def on_timeline(self, key: str) -> bool:
        return not self.ledger(key).keys().isdisjoint(_PLACE)

    def body(self, key: str) -> bytes | None:
        """Return an event's body, with its parts in order."""
        items = self.events[key]
        return bodies.unpack(
            queries.with_parts(
                [items[schema.LEDGER]],
                lambda prefix: [items[name] for name in sorted(items) if name.startswith(prefix)],
            )
        )


def check(
    sent: Sequence[Sent],
    items: Iterable[Item],
    dead_letters: Sequence[str],
    poison: Collection[str] = (),
) -> Found:
    """Compare what was acknowledged with what is there; `poison` are messages that must die."""
    table = _Table(items)
    by_key = _by_key(table, sent)
    figures: Counter[str] = Counter()
    breaches: list[Breach] = []
    for key, ones in by_key.items():
        acknowledged = any(one.acknowledged for one in ones)
        sort = ones[0].delivery.sort
        if sort in GENUINE:
            broken = _genuine(table, key, ones, figures)
        elif sort == FORGED:
            broken = _forged(table, key, acknowledged=acknowledged)
        else:
            broken = _kept(table, key, _ENDS[sort], acknowledged=acknowledged)
        figures[f"{'genuine' if sort in GENUINE else sort} events"] += 1
        breaches += [Breach(what, key) for what in broken]
    breaches += [
        Breach("extra: an event that was never sent", key) for key in table.events.keys() - by_key
    ]
    breaches += [
        Breach("extra: published, and not processed", key)
        for key in sorted(table.members)
        if table.status(key) != PROCESSED
    ]
    breaches += [Breach("extra: an item of no known sort", one) for one in table.strangers]
    breaches += _consent(table, by_key, figures)
    breaches += _dead_letters(table, by_key, dead_letters, poison, figures)
    figures["missing"] = sum(one.what.startswith("missing") for one in breaches)
    figures["extra"] = sum(one.what.startswith("extra") for one in breaches)
    figures["taken up by sweepers"] = sum(
        int(table.ledger(key).get("sweeps", {}).get("N", 0)) for key in table.events
    )
    return Found(figures, breaches)


def _by_key(table: _Table, sent: Sequence[Sent]) -> Mapping[str, Sequence[Sent]]:
    """Return what was sent by the key under which it must be: other content has its hash in it."""
    by_key: dict[str, list[Sent]] = defaultdict(list)
    first: dict[str, str] = {}  # the content that has the key itself
    for one in sent:
        key, content = one.delivery.key, one.delivery.content_hash
        if table.ledger(key) and key not in first:
            first[key] = table.ledger(key)["body_hash"]["B"].hex()
        told_again = one.delivery.sort in GENUINE and content != first.setdefault(key, content)
        by_key[keys.with_content(key, content) if told_again else key].append(one)
    return by_key


def _genuine(table: _Table, key: str, ones: Sequence[Sent], figures: Counter[str]) -> Iterable[str]:
    status = table.status(key)
    acknowledged = any(one.acknowledged for one in ones)
    figures["acknowledged events"] += acknowledged
    figures["acknowledged and processed once"] += (
        acknowledged and status == PROCESSED and table.ledger(key).keys() >= {*_PLACE}
    )
    figures["never acknowledged, processed"] += not acknowledged and status == PROCESSED
    figures["never acknowledged, kept"] += not acknowledged and status == RECEIVED
    figures["never acknowledged, absent"] += not acknowledged and not status
    if acknowledged and not status:
        yield "missing: acknowledged and not on the ledger"
    elif acknowledged and status != PROCESSED:
        yield f"missing: acknowledged and not processed but {status}"
    if status:
        yield from _contents(table, key, ones)


def _contents(table: _Table, key: str, ones: Sequence[Sent]) -> Iterable[str]:
    """Compare an event's items with what was sent, the body byte for byte."""
    item = table.ledger(key)
    kept = item["body_hash"]["B"].hex()
    same = [one for one in ones if one.delivery.content_hash == kept]
    if not same:
        yield "extra: a content that was never sent"
        return
    posted = [one.delivery.body(number) for one in same for number in range(len(one.statuses))]
    if table.body(key) not in posted:
        yield "missing: the content on the ledger is not what came"
    if int(item["deliveries"]["N"]) < 1:
        yield "missing: a delivery that was not counted"
    cell = schema.cell(table.status(key), key, item["received_at"]["S"])
    if item["cell"]["S"] != cell:
        yield f"missing: not in its cell of the index by_status, {cell}"
    yield from _timeline(table, key, same)
    if any(name.startswith(schema.evidence("")) for name in table.events[key]):
        yield "extra: evidence of a conflict, though all are authenticated alike"


def _timeline(table: _Table, key: str, same: Sequence[Sent]) -> Iterable[str]:
    item = table.ledger(key)
    if table.status(key) != PROCESSED:
        if table.on_timeline(key):
            yield f"extra: on a timeline and not processed but {table.status(key)}"
    elif not item.keys() >= {*_PLACE}:
        yield "missing: processed and not on its timeline"
    elif not _as_sent(key, item, same):
        yield "missing: the timeline shows something else than what came"


def _as_sent(key: str, item: Item, same: Sequence[Sent]) -> bool:
    """Tell whether an event is on the right timeline, at the right time, with the right text."""
    delivery: Delivery = same[0].delivery
    expected = delivery.shown
    if expected is None:
        return False
    try:
        entry = bodies.unpack_entry(item)
    except (zlib.error, ValueError):
        return False
    if expected.at:
        times: set[str | None] = {expected.at}
    else:  # the ledger says which of the requests came first
        times = {at for one in same for at in one.signed_at} & {item["event_time"]["S"]}
    return (
        item["contact"]["S"] == entry["number"] == expected.number
        and item["at"]["S"] == entry["at"]
        and entry["at"] in times
        and (entry["key"], entry["type"]) == (key, delivery.type)
        and entry["dialect"] == delivery.dialect
        and (
            entry.get(expected.field) == expected.text
            or expected.field in entry.get("left_out", ())  # too long; the body has it
        )
    )


def _forged(table: _Table, key: str, *, acknowledged: bool) -> Iterable[str]:
    if acknowledged:
        yield "extra: a forged delivery was acknowledged"
    if table.events.get(key):
        yield "extra: a forged delivery had an effect"


def _kept(table: _Table, key: str, end: str, *, acknowledged: bool) -> Iterable[str]:
    status = table.status(key)
    if acknowledged and status != end:
        yield f"missing: acknowledged and not {end} but {status or 'absent'}"
    if table.on_timeline(key):
        yield f"extra: on a timeline and not processed but {status}"


def _consent(
    table: _Table, by_key: Mapping[str, Sequence[Sent]], figures: Counter[str]
) -> Iterable[Breach]:
    """Compare the history of consent with the events that were sent and processed."""
    owed: set[tuple[str, str]] = set()
    possible: set[tuple[str, str]] = set()
    for key, ones in by_key.items():
        shown = ones[0].delivery.shown
        if not shown:
            continue
        item = table.ledger(key)
        at, body = item.get("at", {}).get("S"), item.get("body_hash", {}).get("B", b"").hex()
        owed |= _changes(shown, [at] if at else [], body, key)
        signed_at = [at for one in ones for at in one.signed_at if at]
        possible |= _changes(shown, [shown.at] if shown.at else signed_at, body, key)
    figures["consent changes"] = len(owed)
    for where in owed - table.consent:
        yield Breach("missing: a change of consent that an event made", " ".join(where))
    for where in table.consent - possible:
        yield Breach("extra: a change of consent that no event made", " ".join(where))


def _changes(shown: Shown, times: Iterable[str], body: str, key: str) -> set[tuple[str, str]]:
    """Return the items of the changes that an event makes, at each of these times."""
    return {
        (
            schema.consent_partition(shown.number),
            schema.consent_change(flag, at, SET if value else CLEAR, body, key),
        )
        for at in times
        for flag, value in shown.flags.items()
    }


def _dead_letters(
    table: _Table,
    by_key: Mapping[str, Sequence[Sent]],
    dead_letters: Sequence[str],
    poison: Collection[str],
    figures: Counter[str],
) -> Iterable[Breach]:
    for text in poison:
        if text not in dead_letters:
            yield Breach("missing: poison that is not in the dead-letter queue", text[:100])
    for text in dead_letters:
        if text in poison:
            figures["dead letters, poison"] += 1
            continue
        key = _key_of(text)
        if key not in by_key:
            yield Breach("extra: a dead letter of what was never sent", key)
        elif table.status(key) != PROCESSED:
            yield Breach("missing: died and is not processed", key)
        else:  # A copy that came again while its event was in work; nothing is owed for it.
            figures["dead letters, copies of processed events"] += 1


def _key_of(text: str) -> str:
    try:
        return decode(text).key
    except MessageUnreadable:
        return text[:100]
