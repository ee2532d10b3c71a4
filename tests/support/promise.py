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
from justcall.consent import states_of
from ledger.bodies import unpack, unpack_entry
from ledger.consent import history
from tests.support import samples
from tests.support.faults import Item, ProcessDied, Small, World

NUMBER = "+14155559876"
# Partitions of what gives events out, which has tests of its own.
_GIVEN_OUT = (
    "subject#", "notice#", "destinations", "destination-states", "delivery#", "recording#",
)  # fmt: skip


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


def opt(word: str, name: str = "o1") -> bytes:
    """Return an sms.optout or sms.optin of that id."""
    told = {"message_id": name, "from": NUMBER, "to": "+14155551234", "body": "stop"}
    return _consent_event(f"sms.{word}", told)


def _consent_event(event_type: str, told: Mapping[str, Any]) -> bytes:
    document = {"event": event_type, "timestamp": "2026-03-12T14:38:00Z", "data": told}
    return samples.body(document)


# What each consent event, and each text, changes.
CONSENT = {
    "sms.optout": {"opted_out": "set"},
    "sms.optin": {"opted_out": "clear"},
    "jc.contact_status_updated": {"dnd": "set", "dnm": "clear", "blacklist": "set"},
}
TEXTS = {"STOP": "set", "START": "clear", "YES": "clear-if-set"}
OPT_OUT = opt("optout")
OPT_IN = opt("optin")
STATUS = _consent_event(
    "jc.contact_status_updated",
    {
        "contact_id": "c7",
        "contact_number": NUMBER,
        "status": {"dnd": True, "dnm": False, "blacklist": True},
    },
)


class Contents(NamedTuple):
    """The table's items by what they are: ledger and evidence by key, consent as sort keys.

    `beside` are the bodies and dialects of evidence.
    """

    ledger: Mapping[str, Item]
    bodies: Mapping[str, bytes | None]
    evidence: Mapping[str, list[Item]]
    beside: Mapping[str, list[tuple[bytes | None, str]]]
    timeline: Mapping[str, Mapping[str, Any]]
    consent: set[str]
    strangers: list[str]


def contents(items: Iterable[Item]) -> Contents:
    """Sort what lies in the table, without the items of what gives events out."""
    items = [one for one in items if not one["pk"]["S"].startswith(_GIVEN_OUT)]
    ledger: dict[str, Item] = {}
    parts: dict[tuple[str, str], list[Item]] = defaultdict(list)
    evidence: dict[str, list[Item]] = defaultdict(list)
    timeline: dict[str, Mapping[str, Any]] = {}
    consent: set[str] = set()
    strangers: list[str] = []
    for item in sorted(items, key=lambda one: (one["pk"]["S"], one["sk"]["S"])):
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        key = pk.removeprefix("event#")
        if pk == f"event#{key}" and sk == "ledger":
            ledger[key] = item
            if "entry" in item:
                stands = {"stands at": (item["contact"]["S"], item["at"]["S"])}
                timeline[key] = unpack_entry(item) | stands
        elif pk == f"event#{key}" and sk.startswith("part#"):
            parts[key, sk.split("#")[1]].append(item)
        elif pk == f"event#{key}" and sk.startswith("conflict#"):
            evidence[key].append(item)
        elif pk == f"consent#{NUMBER}" and item.keys() == {"pk", "sk"}:  # so it never expires
            consent.add(sk)
        else:
            strangers.append(f"{pk} {sk}")

    def whole(key: str, head: Item) -> bytes | None:
        return unpack(
            [head, *(parts[key, head["body_hash"]["B"].hex()] if "parts" in head else ())]
        )

    bodies = {key: whole(key, head) for key, head in ledger.items()}
    beside = {
        key: [(whole(key, head), head["dialect"]["S"]) for head in heads]
        for key, heads in evidence.items()
    }
    return Contents(ledger, bodies, evidence, beside, timeline, consent, strangers)


def key_of(body: bytes) -> str:
    """Return the key that a signed body must be kept under."""
    digest = hashlib.sha256(body).hexdigest()
    try:
        document = json.loads(body)
        kind, data = document["event"], document["data"]
    except (ValueError, TypeError, KeyError):
        return f"quarantined:sha256-{digest}"
    name = data.get("call_id") or data.get("message_id") or data.get("contact_id")
    once = kind in ("call.completed", "sms.received")
    return f"{kind}:{name}" if once else f"{kind}:{name}:{digest[:16]}"


def hash_of(body: bytes, dialect: str) -> str:
    """Return the hash of a signed body's content; a url-signed one's is that of its data."""
    if dialect == "url-signed":
        said = [None, json.loads(body)["data"]]
        body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(body).hexdigest()


def again_key(body: bytes, dialect: str = "body-signed") -> str:
    """Return the key that a signed body must be kept under if its own is another content's."""
    return f"{key_of(body)}:{hash_of(body, dialect)[:16]}"


def entry_of(body: bytes) -> Mapping[str, Any]:
    """Return what a body's entry on the timeline must hold; it may hold more."""
    document = json.loads(body)
    data, key = document["data"], key_of(body)
    if document["event"] == "call.updated":  # it does not say whose call it is
        moment = "2026-03-12T14:41:00.000Z"
        stands = (f"call:{data['call_id']}", moment)
        return {"at": moment, "key": key, "notes": data["notes"], "stands at": stands}
    if document["event"] in CONSENT:
        return {"key": key, "number": NUMBER, "stands at": (NUMBER, "2026-03-12T14:38:00.000Z")}
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


def changes_of(body: bytes, dialect: str, key: str) -> set[str]:
    """Return the sort keys of the changes of consent that a body makes under its event's key."""
    try:
        document = json.loads(body)
        event_type, text = document["event"], document["data"].get("body")
    except (ValueError, TypeError, KeyError, AttributeError):
        return set()
    steps, at = CONSENT.get(event_type, {}), "2026-03-12T14:38:00.000Z"
    if event_type == "sms.received" and text in TEXTS:
        steps, at = {"opted_out": TEXTS[text]}, "2026-03-12T14:35:00.000Z"
    body_hash = hash_of(body, dialect)[:16] if steps else ""
    return {f"{flag}#{at}#{step}#{body_hash}#{key}" for flag, step in steps.items()}


def breaches(world: World, *, gone: Iterable[str] = ()) -> list[str]:
    """Return how the promise is broken as it stands now, whatever is still under way.

    `gone` are keys whose ledger item was taken away on purpose: expired, or a table restored.
    """
    found = contents(world.backend.items())
    gone = set(gone)
    broken = [f"stranger: {one}" for one in found.strangers]
    signed = {(one.body, one.dialect) for one in world.deliveries if one.signed}
    for key, item in found.ledger.items():
        broken += _ledger_breaches(key, item, found, signed)
    for key, items in found.evidence.items():
        if any(one not in signed or one[1] != "url-signed" for one in found.beside[key]):
            broken.append(f"{key}: evidence that nobody signed, or that is as good as the event")
        if any({"cell", "contact", "at", "entry"} & one.keys() for one in items):
            broken.append(f"{key}: evidence is in an index")
    broken += [*_repeated(world, found), *_consent_breaches(found, signed)]
    return [*broken, *_unkept(world, found, gone)]


def _repeated(world: World, found: Contents) -> Iterator[str]:
    """Yield effects that happened twice, and sendings that were not counted; moto can't tell."""
    if not isinstance(world.backend, Small):
        return
    for (pk, status), times in world.backend.tables.changes.items():
        key = pk.removeprefix("event#")
        puts = world.backend.tables.puts[pk, "ledger"]  # more than one if the table was restored
        if status == "processed" and times > max(puts, 1) + world.forced[key]:
            yield f"{key}: processed {times} times"
    for (key, delivery), calls in world.backend.swept.items():
        item = found.ledger.get(key, {})
        counted = int(item.get("sweeps", {}).get("N", "0"))
        if item and item["delivery_id"]["S"] == delivery and len(calls) > counted:
            yield f"{key}: swept {len(calls)} times and counted {counted}"


def _ledger_breaches(
    key: str, item: Item, found: Contents, signed: set[tuple[bytes, str]]
) -> Iterator[str]:
    body, status, dialect = found.bodies[key], item["status"]["S"], item["dialect"]["S"]
    if body is None or (body, dialect) not in signed:
        yield f"{key}: a body that nobody signed"
        return
    if key not in (key_of(body), again_key(body, dialect)):
        yield f"{key}: another event's body"
    if item["body_hash"]["B"].hex() != hash_of(body, dialect):
        yield f"{key}: another hash than its body's"
    shard = f"{zlib.crc32(key.encode()) % 16:x}"
    day = f"#{item['received_at']['S'][:10]}" if status == "processed" else ""
    if item["cell"]["S"] != f"{status}{day}#{shard}":
        yield f"{key}: {status}, and its cell is {item['cell']}"
    entry = found.timeline.get(key)
    if (entry is not None) != (status == "processed") or (entry is None) != ("contact" not in item):
        yield f"{key}: {status}, and its entry is {entry}"
    expected = {**entry_of(body), "key": key, "dialect": dialect} if entry else {}
    if entry and not expected.items() <= entry.items() and "left_out" not in entry:
        yield f"{key}: another entry than what was signed: {entry}"


def _at_most(change: str, arrival: str) -> str:
    """Return a change of consent as of the earlier of its event's time and its arrival."""
    flag, at, rest = change.split("#", 2)
    return f"{flag}#{min(at, arrival)}#{rest}"


def _without_time(change: str) -> tuple[str, str]:
    flag, _, rest = change.split("#", 2)
    return flag, rest


def _consent_breaches(found: Contents, signed: set[tuple[bytes, str]]) -> Iterator[str]:
    """Yield changes of consent that processed events made and are not there, and the reverse."""
    owed = {
        _at_most(change, found.ledger[key]["received_at"]["S"])
        for key in found.timeline
        if (body := found.bodies[key])
        for change in changes_of(body, found.ledger[key]["dialect"]["S"], key)
    }
    allowed = {
        _without_time(change)
        for body, dialect in signed
        if changes_of(body, dialect, "any")
        for key in (key_of(body), again_key(body, dialect))
        for change in changes_of(body, dialect, key)
    }
    yield from (f"{one}: not in the history" for one in owed - found.consent)
    for one in found.consent:
        if _without_time(one) not in allowed:
            yield f"{one}: in the history, and nobody signed it"
    # Of the newest events here one opts in and one out, at the same time: the restrictive one wins.
    state = states_of(history({"sk": {"S": one}} for one in found.consent)).get("opted_out")
    out = any(key.startswith("sms.optout") for key in found.timeline)
    if out and not (state and state.value):
        yield f"opted out, and the state is {state}"


def _unkept(world: World, found: Contents, gone: set[str]) -> Iterator[str]:
    """Yield what was answered with 200 and is not kept, or has a weaker one in its place."""
    for delivery in world.deliveries:
        if delivery.status != 200 or delivery.word == "probe":
            continue
        if not delivery.signed:
            yield f"a forged body got 200 {delivery.word}"
            continue
        key, content = key_of(delivery.body), (delivery.body, delivery.dialect)
        keys = (key, again_key(*content))
        if gone & {*keys}:
            continue
        dialects = [found.ledger.get(one, {}).get("dialect", {}).get("S") for one in keys]
        kept = content in [(found.bodies.get(one), dialects[n]) for n, one in enumerate(keys)]
        evidence = delivery.dialect == "url-signed" and content in found.beside.get(key, [])
        if delivery.word == "conflict" and not evidence:
            yield f"{key} got 200 conflict, and is no evidence"
        elif not kept and not evidence:
            yield f"{key} got 200 {delivery.word}, and is not kept"
        if delivery.dialect == "body-signed" != dialects[0]:
            yield f"{key} is a weaker one's, though {delivery.word} was better authenticated"


def unsettled(world: World, *, may_fail: Iterable[str] = ()) -> list[str]:
    """Return what is not at its end once nothing moves any more; `may_fail`: keys with a reason."""
    broken = [f"{kind}: its queue is not empty" for kind in KINDS if world.backend.queued(kind)]
    may_fail = set(may_fail)
    for key, item in contents(world.backend.items()).ledger.items():
        status = item["status"]["S"]
        kind = key.partition(":")[0]
        ends = {"processed"} if kind in (*KINDS, *CONSENT) else {"unhandled", "quarantined"}
        if key in may_fail:
            ends |= {"failed", "stuck", "dismissed"}
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
