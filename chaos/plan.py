"""What is sent: the same deliveries in every run with the same seed, but for the signed times."""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from justcall import keys, signature, url_signature
from justcall.catalogue import KINDS
from justcall.envelope import BODY_SIGNED, URL_SIGNED, read
from justcall.moments import iso
from local.place import ROOT, SAMPLE_SECRET
from messaging.message import Message, encode

EVENT = "event"  # sent for the first time
REPEAT = "repeat"  # the same event once more, by a sender that lost count
CONFLICT = "conflict"  # the same key with other content
UNHANDLED = "unhandled"  # signed, of a type that has no processor
QUARANTINED = "quarantined"  # signed, and no event can be read from it
FORGED = "forged"
GENUINE = (EVENT, REPEAT, CONFLICT)

_REPEATED, _CONFLICTING, _FORGED, _LARGE, _OTHERS = 0.12, 0.02, 0.05, 0.003, 0.01
_LARGE_CHARACTERS = 900_000  # hexadecimal noise: compressed it still needs parts
_FIRST = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
# Few numbers and few moments, so that many consent events have the same number and the same time.
_CONSENT_NUMBERS, _CONSENT_MOMENTS = 8, 4
_REQUEST = "@REQUEST@"
_TIMESTAMP = "%Y-%m-%d %H:%M:%S"
_FORGERIES = {
    BODY_SIGNED: ("unsigned", "guessed secret", "other content"),
    URL_SIGNED: ("unsigned", "guessed secret", "other content", "other URL", "expired"),
}

# For each sample in events/http: the fields of its `data` that hold its id, its contact's number
# and a text of its own, and the name of that text on the timeline.
_SAMPLES = {
    "call_completed": ("call_id", "from", ("notes",), "notes"),
    "url_call_completed": ("call_sid", "contact_number", ("call_info", "notes"), "notes"),
    "call_missed": ("call_id", "from", ("notes",), "notes"),
    "url_call_missed": ("call_sid", "contact_number", ("call_info", "notes"), "notes"),
    "sms_received": ("message_id", "from", ("body",), "text"),
    "url_sms_received": ("id", "contact_number", ("sms_info", "body"), "text"),
    "sms_sent": ("message_id", "to", ("body",), "text"),
    "url_sms_sent": ("id", "contact_number", ("sms_info", "body"), "text"),
    "voicemail_received": ("call_id", "from", ("notes",), "notes"),
    "url_call_voicemail": ("call_sid", "contact_number", ("call_info", "notes"), "notes"),
    "contact_created": ("id", "phone", ("company",), "company"),
    "url_sd_call_completed": ("call_sid", "contact_number", ("call_info", "notes"), "notes"),
    "sms_optin": ("message_id", "from", ("body",), "text"),
    "url_jc_contact_status_updated": ("id", "contact_number", ("name",), "contact_name"),
}
_CONSENT = ("sms_optin", "url_jc_contact_status_updated")


class Stack(NamedTuple):
    """The URL that the stack is registered under, and when the run starts, in epoch seconds."""

    url: str
    start: float


class Shown(NamedTuple):
    """How an event must stand on its timeline.

    `at` is None if the signature holds the event's time. `flags` is the consent that it sets.
    """

    number: str
    at: str | None
    field: str
    text: str
    flags: Mapping[str, bool]


class Post(NamedTuple):
    """One request; `signed_at` is the time that its signature covers."""

    body: bytes
    headers: Mapping[str, str]
    signed_at: str | None


class Delivery(NamedTuple):
    """One delivery, to be repeated until it is acknowledged; `at` is in seconds from the start.

    A url-signed one has a new request id in each request and, unless `timestamp` is set, a new
    signed time.
    """

    at: float
    sort: str
    key: str
    type: str
    dialect: str
    content: bytes
    url: str
    shown: Shown | None = None
    timestamp: str | None = None
    forgery: str = ""

    @property
    def content_hash(self) -> str:
        if self.dialect == BODY_SIGNED:
            return keys.content_hash(self.content)
        signed_at = _iso(self.timestamp) if self.timestamp else None
        return keys.event_hash(read(self.content, self.dialect), self.content, signed_at)

    def body(self, attempt: int) -> bytes:
        """Return the body of one attempt, counted from 0."""
        return self.content.replace(_REQUEST.encode(), f"{self.sort}-{attempt}".encode(), 1)

    def post(self, attempt: int, now: float) -> Post:
        """Return the request of one attempt."""
        body = self.body(attempt)
        secret = "a guess" if self.forgery == "guessed secret" else SAMPLE_SECRET
        other = "-other" if self.forgery == "other content" else ""
        if self.dialect == BODY_SIGNED:
            headers, signed_at = {}, None
            signed = signature.sign(body + other.encode(), secret)
        else:
            timestamp = self.timestamp or _timestamp(now)
            headers = {
                url_signature.VERSION_HEADER: url_signature.VERSION,
                url_signature.TIMESTAMP_HEADER: timestamp,
            }
            signed_at = _iso(timestamp)
            url = f"{self.url}/other" if self.forgery == "other URL" else self.url
            signed = url_signature.sign(url, self.type + other, timestamp, secret)
        if self.forgery != "unsigned":
            headers[signature.HEADER] = signed
        return Post(body, headers, signed_at)


def plan(events: int, seconds: float, seed: int, stack: Stack) -> list[Delivery]:
    """Return the deliveries of `events` events, spread over `seconds`, by their time."""
    rng = random.Random(seed)
    planned = [one for number in range(events) for one in _event(rng, number, seconds, stack)]
    for number in range(max(2, round(events * _OTHERS))):
        planned.append(_unhandled(rng, number, rng.uniform(0.0, seconds)))
        planned.append(_quarantined(rng, number, rng.uniform(0.0, seconds)))
    planned += [
        _forged(rng, number, rng.uniform(0.0, seconds), stack)
        for number in range(max(16, round(events * _FORGED)))
    ]
    return sorted(planned, key=lambda delivery: delivery.at)


def poison(count: int) -> list[tuple[str, str]]:
    """Return kinds and the messages for their queues that no processor can act on."""
    kinds = tuple(KINDS)
    return [(kinds[number % len(kinds)], _poison(kinds, number)) for number in range(count)]


def _event(rng: random.Random, number: int, seconds: float, stack: Stack) -> Iterator[Delivery]:
    sample = tuple(_SAMPLES)[number % len(_SAMPLES)]
    at = rng.uniform(0.0, seconds)
    identity = str(rng.getrandbits(53))
    text = f"chaos {rng.getrandbits(64):016x}"
    if sample.endswith("sms_received") and rng.random() < _LARGE * len(_SAMPLES) / 2:
        text += " " + rng.randbytes(_LARGE_CHARACTERS // 2).hex()
    if sample in _CONSENT:
        first = _consent(rng, sample, identity, text, stack)
    else:
        contact = f"+1415555{rng.randrange(40, 400):04d}"
        moment = _FIRST + timedelta(milliseconds=rng.randrange(86_400_000))
        first = _delivery(sample, identity, contact, text, moment, stack)
    first = first._replace(at=at)
    yield first
    if rng.random() < _REPEATED:
        yield first._replace(sort=REPEAT, at=at + rng.choice((0.0, rng.uniform(0.0, 8.0))))
    if sample not in _CONSENT and rng.random() < _CONFLICTING:
        other = f"other {rng.getrandbits(64):016x}"
        conflict = _delivery(sample, identity, contact, other, moment, stack)
        yield conflict._replace(sort=CONFLICT, at=at + rng.choice((0.0, rng.uniform(0.0, 8.0))))


def _delivery(
    sample: str,
    identity: str,
    contact: str,
    text: str,
    moment: datetime,
    stack: Stack,
    **changed: Any,
) -> Delivery:
    """Return a delivery of an event that JustCall sends once; `changed` are top-level fields."""
    id_field, number_field, own, field = _SAMPLES[sample]
    path = ROOT / "events" / "http" / f"{sample}.json"
    document: dict[str, Any] = json.loads(json.loads(path.read_text())["body"])
    url_signed = sample.startswith("url_")
    data = document["data"]
    data |= {id_field: identity, number_field: contact[1:] if url_signed else contact}
    parent = data if len(own) == 1 else data[own[0]]
    parent[own[-1]] = text
    if url_signed:
        document |= {"request_id": _REQUEST, "webhook_url": stack.url}
    else:
        document["timestamp"] = moment.isoformat()
    data |= changed.pop("data", {})
    document |= changed
    event_type = document["type" if url_signed else "event"]
    at = None if url_signed else iso(moment.timestamp())
    return Delivery(
        0.0,
        EVENT,
        f"{event_type}:{identity}",
        event_type,
        URL_SIGNED if url_signed else BODY_SIGNED,
        json.dumps(document, indent=2).encode(),
        stack.url,
        Shown(contact, at, field, text, {}),
    )


def _consent(rng: random.Random, sample: str, identity: str, text: str, stack: Stack) -> Delivery:
    """Return a consent event: content and signed time are part of its key, so it keeps both."""
    contact = f"+1415556{rng.randrange(_CONSENT_NUMBERS):04d}"
    seconds = rng.randrange(_CONSENT_MOMENTS)
    moment, timestamp = _FIRST + timedelta(seconds=seconds), None
    flags: dict[str, bool]
    changed: dict[str, Any]
    if sample.startswith("url_"):
        flags = {flag: rng.random() < 0.5 for flag in ("blacklist", "dnd", "dnm")}
        changed = {"data": {"status": flags}}
        timestamp = _timestamp(stack.start - seconds)
    else:
        flags = {"opted_out": rng.random() < 0.5}
        changed = {"event": "sms.optout" if flags["opted_out"] else "sms.optin"}
    made = _delivery(sample, identity, contact, text, moment, stack, **changed)
    made = made._replace(timestamp=timestamp)
    key = f"{made.key}:{made.content_hash[:16]}"
    return made._replace(key=key, shown=made.shown and made.shown._replace(flags=flags))


def _unhandled(rng: random.Random, number: int, at: float) -> Delivery:
    event_type, identity = "call.teleported", f"{rng.getrandbits(64):016x}"
    document = {"event": event_type, "data": {"call_id": identity}, "number": number}
    body = json.dumps(document).encode()
    key = f"{event_type}:{identity}:{keys.content_hash(body)[:16]}"
    return Delivery(at, UNHANDLED, key, event_type, BODY_SIGNED, body, "")


def _quarantined(rng: random.Random, number: int, at: float) -> Delivery:
    body = f"no event {number} {rng.getrandbits(64):016x}".encode()
    key = keys.quarantine_key(keys.content_hash(body))
    return Delivery(at, QUARANTINED, key, "", BODY_SIGNED, body, "")


def _forged(rng: random.Random, number: int, at: float, stack: Stack) -> Delivery:
    once = [sample for sample in _SAMPLES if sample not in _CONSENT]
    sample, identity = once[number % len(once)], str(rng.getrandbits(53))
    made = _delivery(sample, identity, "+14155550001", f"forged {number}", _FIRST, stack)
    forgeries = _FORGERIES[made.dialect]
    forgery = forgeries[number // 2 % len(forgeries)]
    timestamp = _timestamp(stack.start - 3600.0) if forgery == "expired" else None
    return made._replace(at=at, sort=FORGED, shown=None, forgery=forgery, timestamp=timestamp)


def _poison(kinds: tuple[str, ...], number: int) -> str:
    if number % 3 == 0:
        return f"no message {number}"
    # A body that holds no event, or a whole message in the queue of another kind.
    event_type = kinds[(number + (number % 3 == 1)) % len(kinds)]
    return encode(
        Message(
            delivery_id=f"poison-{number}",
            key=f"{event_type}:poison-{number}",
            type=event_type,
            dialect=BODY_SIGNED,
            received_at=iso(_FIRST.timestamp()),
            body_hash=keys.content_hash(b"no event"),
            body="no event",
        )
    )


def _timestamp(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime(_TIMESTAMP)


def _iso(timestamp: str) -> str:
    return f"{timestamp.replace(' ', 'T')}.000Z"
