"""The verdict on deliveries: what is processed must have arrived where it is wanted. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from chaos.check import Breach, Found
from chaos.destinations import DESTINATIONS, Arrived
from justcall.catalogue import kind_of
from ledger import schema


def check_delivered(
    arrived: Mapping[str, Sequence[Arrived]], processed: Collection[str], forged: int = 0
) -> Found:
    """Compare what arrived with the keys of the processed events."""
    breaches = list(_breaches(arrived, processed))
    if forged:
        breaches.append(Breach(f"extra: {forged} deliveries with a wrong signature", ""))
    every = [one for ones in arrived.values() for one in ones]
    wanted = sum(_wants(name, key) for name in DESTINATIONS for key in processed)
    missing = sum(one.what.startswith("missing") for one in breaches)
    figures = {
        "deliveries owed to destinations": wanted,
        "deliveries that arrived": wanted - missing,
        "missing": missing,
        "deliveries that arrived again": len(every)
        - len({(name, one.webhook_id) for name, ones in arrived.items() for one in ones}),
    }
    return Found(figures, breaches)


def _breaches(
    arrived: Mapping[str, Sequence[Arrived]], processed: Collection[str]
) -> Iterator[Breach]:
    ids: dict[str, set[str]] = defaultdict(set)
    for name in DESTINATIONS:
        keys = {one.key for one in arrived.get(name, ())}
        yield from _missing(name, keys, processed)
        yield from _extra(name, keys, processed)
        for one in arrived.get(name, ()):
            ids[one.event_id].add(one.webhook_id)
    for event_id, webhook_ids in ids.items():
        if len(webhook_ids) > 1:
            yield Breach("extra: one event with several webhook ids", event_id)


def _missing(name: str, keys: Collection[str], processed: Collection[str]) -> Iterator[Breach]:
    for key in processed:
        if _wants(name, key) and key not in keys:
            yield Breach(f"missing: processed and not delivered to {name}", key)


def _extra(name: str, keys: Collection[str], processed: Collection[str]) -> Iterator[Breach]:
    for key in sorted(keys):
        if not _wants(name, key):
            yield Breach(f"extra: delivered to {name}, which does not want it", key)
        if key not in processed:
            yield Breach(f"extra: delivered to {name}, and not processed", key)


def _wants(name: str, key: str) -> bool:
    kinds = DESTINATIONS[name]
    kind = kind_of(schema.type_of(key)) or ""
    return not kinds or f"{kind.partition('.')[0]}.*" in kinds
