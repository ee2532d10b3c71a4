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
from ledger.bodies import unpack, unpack_entry
from ledger.consent import value_of
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


def _opt(word: str) -> bytes:
    told = {"message_id": word, "from": NUMBER, "to": "+14155551234", "body": "stop"}
    document = {"event": f"sms.{word}", "timestamp": "2026-03-12T14:42:00Z", "data": told}
    return samples.body(document)


CONSENT = {"sms.optout": True, "sms.optin": False}
OPT_OUT = _opt("optout")
OPT_IN = _opt("optin")


class Contents(NamedTuple):
    """The table's items by what they are; ledger and evidence by key."""

    ledger: Mapping[str, Item]
    bodies: Mapping[str, bytes | None]
    evidence: Mapping[str, list[Item]]
    timeline: Mapping[str, Mapping[str, Any]]
    consent: Mapping[tuple[str, str], bool]
    strangers: list[str]


def contents(items: Iterable[Item]) -> Contents:
    """Sort what lies in the table."""
    ledger: dict[str, Item] = {}
    parts: dict[str, list[Item]] = defaultdict(list)
    evidence: dict[str, list[Item]] = defaultdict(list)
    timeline: dict[str, Mapping[str, Any]] = {}
    consent: dict[tuple[str, str], bool] = {}
    strangers: list[str] = []
    for item in sorted(items, key=lambda one: (one["pk"]["S"], one["sk"]["S"])):
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        key = pk.removeprefix("event#")
        if pk == f"event#{key}" and sk == "ledger":
            ledger[key] = item
            if "entry" in item:
                stands = {"stands at": (item["contact"]["S"], item["at"]["S"])}
                timeline[key] = unpack_entry(item) | stands
            parts[key].append(item)
        elif pk == f"event#{key}" and sk.startswith("ledger#part#"):
            parts[key].append(item)
        elif pk == f"event#{key}" and sk.startswith("conflict#"):
            evidence[key].append(item)
        elif pk == f"consent#{NUMBER}":
            consent[pk, sk] = bool(value_of(item))
        elif pk.startswith("subject#") and sk == "events":
            continue  # tests/crash/test_publishers_at_once.py looks at what comes of it
        else:
            strangers.append(f"{pk} {sk}")
    bodies = {key: unpack(parts[key]) for key in ledger}
    return Contents(ledger, bodies, evidence, timeline, consent, strangers)


def key_of(body: bytes) -> str:
    """Return the key that a signed body must be kept under."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        document = json.loads(body)
        kind, data = document["event"], document["data"]
    except (ValueError, TypeError, KeyError):
        return f"quarantined:sha256-{digest}"
    name = data.get("call_id") or data.get("message_id")
    once = kind in ("call.completed", "sms.received")
    return f"{kind}:{name}" if once else f"{kind}:{name}:{digest[:16]}"


def entry_of(body: bytes) -> Mapping[str, Any]:
    """Return what a body's entry on the timeline must hold; it may hold more."""
    document = json.loads(body)
    data, key = document["data"], key_of(body)
    if document["event"] == "call.updated":  # it does not say whose call it is
        moment = "2026-03-12T14:41:00.000Z"
        stands = (f"call:{data['call_id']}", moment)
        return {"at": moment, "key": key, "notes": data["notes"], "stands at": stands}
    if document["event"] in CONSENT:
        return {"key": key, "number": NUMBER, "stands at": (NUMBER, "2026-03-12T14:42:00.000Z")}
    fields = {
        "at": "2026-03-12T14:30:00.000Z",
        "key": key,
        "type": document["event"],
        "number": data["from"],
        "direction": "inbound",
        "justcall_number": data["to"],
        "stands at": (data["from"], "2026-03-12T14:30:00.000Z"),
    }
    if document["event"] == "sms.received":
        moment = "2026-03-12T14:35:00.000Z"
        stands = (data["from"], moment)
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
    for key, items in found.evidence.items():
        if any(unpack([one]) not in signed for one in items):
            broken.append(f"{key}: evidence that nobody signed")
    broken += [*_repeated(world, found), *_consent_breaches(found)]
    return broken + [text for text in _unkept(world, found) if text.split(" ")[0] not in gone]


def _repeated(world: World, found: Contents) -> Iterator[str]:
    """Yield effects that happened twice, and sendings that were not counted; moto can't tell."""
    if not isinstance(world.backend, Small):
        return
    for (pk, status), times in world.backend.tables.changes.items():
        key = pk.removeprefix("event#")
        puts = world.backend.tables.puts[pk, "ledger"]  # more than one if the table was restored
        if status == "processed" and times > max(puts, 1) + world.forced[key]:
            yield f"{key}: processed {times} times"
    for key, calls in world.backend.swept.items():
        counted = int(found.ledger.get(key, {}).get("sweeps", {}).get("N", "0"))
        if key in found.ledger and len(calls) > counted:
            yield f"{key}: swept {len(calls)} times and counted {counted}"


def _ledger_breaches(key: str, item: Item, found: Contents, signed: set[bytes]) -> Iterator[str]:
    body, status = found.bodies[key], item["status"]["S"]
    if body is None or body not in signed or key_of(body) != key:
        yield f"{key}: a body that nobody signed"
        return
    if item["body_hash"]["B"] != hashlib.sha256(body).digest():
        yield f"{key}: another hash than its body's"
    shard = f"{zlib.crc32(key.encode()) % 16:x}"
    day = f"#{item['received_at']['S'][:10]}" if status == "processed" else ""
    if item["cell"]["S"] != f"{status}{day}#{shard}":
        yield f"{key}: {status}, and its cell is {item['cell']}"
    entry = found.timeline.get(key)
    if (entry is not None) != (status == "processed") or (entry is None) != ("contact" not in item):
        yield f"{key}: {status}, and its entry is {entry}"
    if entry and not entry_of(body).items() <= entry.items() and "left_out" not in entry:
        yield f"{key}: another entry than what was signed: {entry}"


def _consent_breaches(found: Contents) -> Iterator[str]:
    """Yield the flag that does not say what processed events say: the restrictive one wins a tie."""
    done = [CONSENT[one["type"]] for one in found.timeline.values() if one["type"] in CONSENT]
    flag = found.consent.get((f"consent#{NUMBER}", "opted_out"))
    if done and (flag is None or flag < max(done)):
        yield f"opted_out is {flag}, and processed events say {done}"


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
        kind = key.partition(":")[0]
        ends = {"processed"} if kind in (*KINDS, *CONSENT) else {"unhandled", "quarantined"}
        if key in may_fail:
            ends |= {"failed", "stuck"}
        if status not in ends:
            broken.append(f"{key}: ended {status}")
        if status == "failed" and not item.get("error"):
            broken.append(f"{key}: failed without a reason")
    return broken


def surprises(world: World) -> list[str]:
    """Return the errors that the code does not know, whatever came of them."""
    known = (HooksError, ProcessDied)
    found = [repr(error) for error in world.errors if not isinstance(error, known)]
    return [*found, *(reason for reason in world.reasons if reason == "unexpected")]


def assert_kept(world: World, *, may_fail: Iterable[str] = (), gone: Iterable[str] = ()) -> None:
    """Assert the promise, with nothing under way any more."""
    broken = breaches(world, gone=gone) + unsettled(world, may_fail=may_fail)
    broken += surprises(world)
    assert broken == [], "\n".join(map(str, (*broken, "after:", *world.wire.calls[-40:])))
