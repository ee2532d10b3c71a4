"""What is sent: the same deliveries at every run with the same seed."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from justcall import keys
from justcall.catalogue import module_name
from justcall.envelope import read
from justcall.moments import iso
from justcall.signature import sign
from local.place import ROOT, SAMPLE_SECRET

EVENT = "event"  # one of the six kinds, sent for the first time
REPEAT = "repeat"  # the same bytes once more, by a sender that lost count
CONFLICT = "conflict"  # the same key with other content
POISON = "poison"  # signed, of a known kind, and its data fit no model
UNHANDLED = "unhandled"  # signed, of a type that has no processor
QUARANTINED = "quarantined"  # signed, and no event can be read from it
FORGED = "forged"  # signed with a guess, signed for other bytes, or not at all
GENUINE = (EVENT, REPEAT, CONFLICT)

_REPEATED, _CONFLICTING, _FORGED, _LARGE, _OTHERS = 0.12, 0.02, 0.05, 0.003, 0.01
_LARGE_CHARACTERS = 900_000  # hexadecimal noise: compressed it still needs parts
_FIRST = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)

# For each kind: where its id stands, whose timeline it belongs to, a text of its own, and what
# that text is called on the timeline.
_FIELDS = {
    "call.completed": ("call_id", "from", "notes", "notes"),
    "call.missed": ("call_id", "from", "notes", "notes"),
    "sms.received": ("message_id", "from", "body", "text"),
    "sms.sent": ("message_id", "to", "body", "text"),
    "voicemail.received": ("call_id", "from", "notes", "notes"),
    "contact.created": ("id", "phone", "company", "company"),
}


class Shown(NamedTuple):
    """How an event must stand on its timeline: whose, when, and its own text by its name."""

    number: str
    at: str
    field: str
    text: str


class Delivery(NamedTuple):
    """One POST, to be repeated until it is acknowledged; `at` is in seconds from the start."""

    at: float
    sort: str
    key: str
    body: bytes
    signature: str | None
    shown: Shown | None = None

    @property
    def body_hash(self) -> str:
        return keys.content_hash(self.body)


def plan(events: int, seconds: float, seed: int) -> list[Delivery]:
    """Return the deliveries of `events` events, spread over `seconds`, by their time."""
    rng = random.Random(seed)
    found = [delivery for number in range(events) for delivery in _event(rng, number, seconds)]
    for number in range(max(2, round(events * _OTHERS))):
        # Poison comes early: five receives take their time.
        found.append(_poison(rng, number, rng.uniform(0.0, seconds * 0.1)))
        found.append(_unhandled(rng, number, rng.uniform(0.0, seconds)))
        found.append(_quarantined(rng, number, rng.uniform(0.0, seconds)))
    found += [
        _forged(rng, number, rng.uniform(0.0, seconds))
        for number in range(max(6, round(events * _FORGED)))
    ]
    return sorted(found)


def _event(rng: random.Random, number: int, seconds: float) -> Iterator[Delivery]:
    kind = tuple(_FIELDS)[number % len(_FIELDS)]
    at = rng.uniform(0.0, seconds)
    large = kind == "sms.received" and rng.random() < _LARGE * len(_FIELDS)
    name = f"{rng.getrandbits(64):016x}"
    contact = f"+1415555{rng.randrange(40, 400):04d}"
    text = f"chaos {rng.getrandbits(64):016x}"
    if large:
        text += " " + rng.randbytes(_LARGE_CHARACTERS // 2).hex()
    moment = _FIRST + timedelta(milliseconds=rng.randrange(86_400_000))
    first = _delivery(EVENT, kind, name, contact, text, moment)._replace(at=at)
    yield first
    if rng.random() < _REPEATED:
        yield first._replace(sort=REPEAT, at=at + rng.choice((0.0, rng.uniform(0.0, 8.0))))
    if rng.random() < _CONFLICTING:
        other = f"other {rng.getrandbits(64):016x}"
        conflict = _delivery(CONFLICT, kind, name, contact, other, moment)
        yield conflict._replace(at=at + rng.choice((0.0, rng.uniform(0.0, 8.0))))


def _delivery(
    sort: str, kind: str, name: str, contact: str, text: str, moment: datetime
) -> Delivery:
    identity, whose, own, field = _FIELDS[kind]
    document = _sample(kind)
    document["timestamp"] = moment.isoformat()
    document["data"] |= {identity: name, whose: contact, own: text}
    at = iso(moment.timestamp())
    return _signed(sort, f"{kind}:{name}", document, Shown(contact, at, field, text))


def _signed(sort: str, key: str, document: object, shown: Shown | None = None) -> Delivery:
    body = json.dumps(document, indent=2).encode()
    return Delivery(0.0, sort, key, body, sign(body, SAMPLE_SECRET), shown)


def _sample(kind: str) -> dict[str, Any]:
    path = ROOT / "events" / "http" / f"{module_name(kind)}.json"
    document: dict[str, Any] = json.loads(json.loads(path.read_text())["body"])
    return document


def _poison(rng: random.Random, number: int, at: float) -> Delivery:
    kind = [kind for kind in _FIELDS if kind != "contact.created"][number % 5]
    name = f"{rng.getrandbits(64):016x}"
    document = _sample(kind)
    document["data"] |= {_FIELDS[kind][0]: name, "direction": "sideways"}
    return _signed(POISON, f"{kind}:{name}", document)._replace(at=at)


def _unhandled(rng: random.Random, number: int, at: float) -> Delivery:
    document = {"event": "call.teleported", "data": {"call_id": f"{rng.getrandbits(64):016x}"}}
    delivery = _signed(UNHANDLED, "", document | {"number": number})
    key = keys.key_of(read(delivery.body), delivery.body_hash)
    return delivery._replace(key=key, at=at)


def _quarantined(rng: random.Random, number: int, at: float) -> Delivery:
    body = f"no event {number} {rng.getrandbits(64):016x}".encode()
    key = keys.quarantine_key(keys.content_hash(body))
    return Delivery(at, QUARANTINED, key, body, sign(body, SAMPLE_SECRET))


def _forged(rng: random.Random, number: int, at: float) -> Delivery:
    kind = tuple(_FIELDS)[number % len(_FIELDS)]
    name, text = f"{rng.getrandbits(64):016x}", f"forged {number}"
    good = _delivery(FORGED, kind, name, "+14155550001", text, _FIRST)
    signatures = (None, "", sign(good.body, "a guess"), sign(good.body + b" ", SAMPLE_SECRET))
    return good._replace(at=at, signature=signatures[number % len(signatures)], shown=None)
