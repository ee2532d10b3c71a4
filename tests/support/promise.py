"""The promise of the design as one check over everything that lies in the table and the queues.

What an event must become is said here once more, by hand: the check shares no code with what
makes timeline entries and ledger items.
"""

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from errors import HooksError
from justcall.catalogue import KINDS
from ledger.bodies import unpack
from tests.support import samples
from tests.support.faults import Item, ProcessDied, Small, World

NUMBER = "+14155559876"


def call(name: str = "c1", **data: Any) -> bytes:
    """Return a call.completed of that id."""
    return samples.body(samples.changed(samples.CALL_COMPLETED, call_id=name, **data))


def sms(name: str = "m1", **data: Any) -> bytes:
    """Return an sms.received of that id."""
    return samples.body(samples.changed(samples.SMS_RECEIVED, message_id=name, **data))


def update(name: str = "c1", **data: Any) -> bytes:
    """Return a call.updated of that call which does not say whose call it is."""
    told = {"call_id": name, "notes": "told later", **data}
    return samples.body(
        {"event": "call.updated", "timestamp": "2026-03-12T14:41:00Z", "data": told}
    )


class Contents(NamedTuple):
    """The table's items by what they are; ledger and evidence by key."""

    ledger: Mapping[str, Item]
    bodies: Mapping[str, bytes | None]
    evidence: Mapping[str, list[Item]]
    timeline: Mapping[str, list[Mapping[str, Any]]]
    strangers: list[str]


def contents(items: Iterable[Item]) -> Contents:
    """Sort what lies in the table."""
    ledger: dict[str, Item] = {}
    parts: dict[str, list[Item]] = defaultdict(list)
    evidence: dict[str, list[Item]] = defaultdict(list)
    timeline: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    strangers: list[str] = []
    for item in sorted(items, key=lambda one: (one["pk"]["S"], one["sk"]["S"])):
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        key = pk.removeprefix("event#")
        if pk == f"event#{key}" and sk == "ledger":
            ledger[key] = item
            parts[key].append(item)
        elif pk == f"event#{key}" and sk.startswith("ledger#part#"):
            parts[key].append(item)
        elif pk == f"event#{key}" and sk.startswith("conflict#"):
            evidence[key].append(item)
        elif pk.startswith("contact#"):
            content = unpack([item])
            assert content is not None
            entry = json.loads(content)
            timeline[entry["key"]].append({**entry, "stands at": (pk, sk)})
        elif pk != "sweep":
            strangers.append(f"{pk} {sk}")
    bodies = {key: unpack(parts[key]) for key in ledger}
    return Contents(ledger, bodies, evidence, timeline, strangers)


def key_of(body: bytes) -> str:
    """Return the key that a signed body must be kept under."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        document = json.loads(body)
        kind, data = document["event"], document["data"]
    except (ValueError, TypeError, KeyError):
        return f"quarantined:sha256-{digest}"
    name = data.get("call_id") or data.get("message_id")
    once = kind in KINDS and kind != "call.updated"
    return f"{kind}:{name}" if once else f"{kind}:{name}:{digest[:16]}"


def entry_of(body: bytes) -> Mapping[str, Any]:
    """Return what a body's entry on the timeline must hold; it may hold more."""
    document = json.loads(body)
    data, key = document["data"], key_of(body)
    if document["event"] == "call.updated":  # where it stands depends on whether its call came
        return {"at": "2026-03-12T14:41:00.000Z", "key": key, "notes": data["notes"]}
    fields = {
        "at": "2026-03-12T14:30:00.000Z",
        "key": key,
        "type": document["event"],
        "number": data["from"],
        "direction": "inbound",
        "justcall_number": data["to"],
        "stands at": (f"contact#{data['from']}", f"2026-03-12T14:30:00.000Z#{key}"),
    }
    if document["event"] == "sms.received":
        moment = "2026-03-12T14:35:00.000Z"
        stands = (f"contact#{data['from']}", f"{moment}#{key}")
        return {**fields, "at": moment, "text": data["body"], "stands at": stands}
    same = ("agent_id", "agent_name", "recording_url", "notes", "disposition")
    shown = {name: data[name] for name in same}
    return {**fields, **shown, "outcome": "completed", "duration_seconds": data["duration"]}


def breaches(world: World, *, gone: Iterable[str] = ()) -> list[str]:
    """Return how the promise is broken as it stands now, whatever is still under way.

    `gone` are keys whose ledger item was taken away on purpose: expired, or a table restored.
    """
    found = contents(world.backend.items())
    gone = set(gone)
    broken = [f"stranger: {one}" for one in found.strangers]
    signed = {delivery.body for delivery in world.deliveries if delivery.signed}
    for key, item in found.ledger.items():
        broken += _ledger_breaches(key, item, found, signed)
    for key, entries in found.timeline.items():
        if len(entries) != 1:
            broken.append(f"{key}: {len(entries)} timeline entries")
        if key not in found.ledger and key not in gone:
            broken.append(f"{key}: a timeline entry and no ledger item")
    for key, items in found.evidence.items():
        if any(unpack([one]) not in signed for one in items):
            broken.append(f"{key}: evidence that nobody signed")
    broken += _repeated(world, found)
    return broken + [text for text in _unkept(world, found) if text.split(" ")[0] not in gone]


def _repeated(world: World, found: Contents) -> Iterator[str]:
    """Yield effects that happened twice, and sendings that were not counted; moto can't tell."""
    if not isinstance(world.backend, Small):
        return
    for (pk, sk), times in world.backend.tables.puts.items():
        if pk.startswith("contact#") and times > 1 + world.forced[sk.split("#", 1)[1]]:
            yield f"{pk} {sk}: acted on {times} times"
    for key, calls in world.backend.swept.items():
        counted = int(found.ledger.get(key, {}).get("sweeps", {}).get("N", "0"))
        if key in found.ledger and len(calls) > counted:
            yield f"{key}: swept {len(calls)} times and counted {counted}"


def _ledger_breaches(key: str, item: Item, found: Contents, signed: set[bytes]) -> Iterator[str]:
    body, status = found.bodies[key], item["status"]["S"]
    if body is None or body not in signed or key_of(body) != key:
        yield f"{key}: a body that nobody signed"
        return
    if item["body_hash"]["S"] != hashlib.sha256(body).hexdigest():
        yield f"{key}: another hash than its body's"
    shard = f"{zlib.crc32(key.encode()) % 16:x}"
    if item.get("open", {}).get("S") != (shard if status == "received" else None):
        yield f"{key}: {status}, and open is {item.get('open')}"
    entries = found.timeline.get(key, [])
    if len(entries) != (status == "processed"):
        yield f"{key}: {status}, and {len(entries)} timeline entries"
    for entry in entries:
        if not entry_of(body).items() <= entry.items() and "left_out" not in entry:
            yield f"{key}: another entry than what was signed: {entry}"


def _unkept(world: World, found: Contents) -> Iterator[str]:
    """Yield what was answered with 200 and is not kept."""
    for delivery in world.deliveries:
        if delivery.status != 200 or delivery.word == "probe":
            continue
        if not delivery.signed:
            yield f"a forged body got 200 {delivery.word}"
            continue
        key = key_of(delivery.body)
        if delivery.word == "conflict":
            beside = [unpack([one]) for one in found.evidence.get(key, [])]
            if delivery.body not in beside:
                yield f"{key} got 200 conflict, and is no evidence"
        elif found.bodies.get(key) != delivery.body:
            yield f"{key} got 200 {delivery.word}, and is not kept"


def unsettled(world: World, *, may_fail: Iterable[str] = ()) -> list[str]:
    """Return what is not at its end once nothing moves any more; `may_fail`: keys with a reason."""
    broken = [f"{kind}: its queue is not empty" for kind in KINDS if world.backend.queued(kind)]
    may_fail = set(may_fail)
    for key, item in contents(world.backend.items()).ledger.items():
        status = item["status"]["S"]
        kind = item["type"]["S"]
        ends = {"processed"} if kind in KINDS else {"unhandled", "quarantined"}
        if key in may_fail:
            ends |= {"failed", "stuck"}
        if status not in ends:
            broken.append(f"{key}: ended {status}")
        if status == "failed" and not item.get("error"):
            broken.append(f"{key}: failed without a reason")
    return broken


def misplaced(world: World) -> list[str]:
    """Return the updates that do not stand beside their call, with nothing under way any more."""
    found = contents(world.backend.items())
    calls = {
        key.removeprefix("call.completed:")
        for key, item in found.ledger.items()
        if key.startswith("call.completed:") and item["status"]["S"] == "processed"
    }
    return [
        f"{key}: not beside its call but at {entry['stands at']}"
        for key, entries in found.timeline.items()
        for entry in entries
        if key.startswith("call.updated:")
        and key.split(":")[1] in calls
        and (entry["stands at"][0] != f"contact#{NUMBER}" or entry["number"] != NUMBER)
    ]


def surprises(world: World) -> list[str]:
    """Return the errors that the code does not know, whatever came of them."""
    known = (HooksError, ProcessDied)
    found = [repr(error) for error in world.errors if not isinstance(error, known)]
    return [*found, *(reason for reason in world.reasons if reason == "unexpected")]


def assert_kept(world: World, *, may_fail: Iterable[str] = (), gone: Iterable[str] = ()) -> None:
    """Assert the promise, with nothing under way any more."""
    broken = breaches(world, gone=gone) + unsettled(world, may_fail=may_fail) + misplaced(world)
    broken += surprises(world)
    assert broken == [], "\n".join(map(str, (*broken, "after:", *world.wire.calls[-40:])))
