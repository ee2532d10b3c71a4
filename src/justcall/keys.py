"""The idempotency key: what makes two deliveries the same event.

`TYPE:ID` for types whose object is told of once; `TYPE:ID:HASH` where the same object may be
told of again (and for types that we don't know yet, which may do so); `TYPE:sha256-HASH` when
the event names no object. JustCall advises `call_id` or `message_id`, but call.answered and
call.completed share their call_id, so the type is part of the key.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from justcall.catalogue import REPEATABLE, TYPES
from justcall.envelope import URL_SIGNED, Envelope

# The first of these that holds something names the object; a type's own id comes first, since a
# text or a voicemail may name its call too. Source: the specification for call_id and message_id;
# the management API's contact has `id`.
_OWN_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sms": ("message_id", "id"),
        "voicemail": ("voicemail_id",),
        "contact": ("contact_id", "id"),
        "appointment": ("appointment_id", "id"),
    }
)
_ID_FIELDS = ("call_id", "message_id", "voicemail_id", "contact_id", "id")
# url-signed calls are known by `call_sid`; their `id` is a number and may be empty.
_URL_SIGNED_FIELDS = ("call_sid", "id", "call_id")
# What may stand in a key as it is; any other id is hashed. Keys are typed in shells and stand in
# logs, so nothing that could be a phone number with its plus or an e-mail address is plain.
_PLAIN_ID = re.compile(r"[A-Za-z0-9._=-]{1,200}")
_HASHED = "sha256-"
_SHORT_HASH = 16
# What JustCall writes where it has no id: url-signed calls may have an empty one.
_NO_ID = ("", "0")


def content_hash(body: bytes) -> str:
    """Return the SHA-256 of the raw body in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def event_hash(envelope: Envelope, body: bytes, sent_at: str | None = None) -> str:
    """Return the hash of what an event says: two deliveries that say the same have the same.

    Body-signed: the bytes. Url-signed: `data` alone, because the envelope around it names the
    request, and whether a retry is the same request is unknown. What may be told again also has
    the time that is signed, `sent_at`: a flag that is set, cleared and set again is three events,
    though the first and the last say the same.
    """
    if envelope.dialect != URL_SIGNED:
        return content_hash(body)
    when = sent_at if envelope.type in REPEATABLE else None
    said = json.dumps([when, envelope.data], sort_keys=True, separators=(",", ":"))
    return content_hash(said.encode())


def key_of(envelope: Envelope, said_hash: str) -> str:
    """Return the key of a readable event; `said_hash` is its `event_hash`."""
    identity = object_id(envelope)
    if identity is None:
        return f"{envelope.type}:sha256-{said_hash}"
    if envelope.type in TYPES and envelope.type not in REPEATABLE:
        return f"{envelope.type}:{identity}"
    return f"{envelope.type}:{identity}:{said_hash[:_SHORT_HASH]}"


def quarantine_key(body_hash: str) -> str:
    """Return the key of authentic bytes from which no event could be read."""
    return f"quarantined:sha256-{body_hash}"


def object_id(envelope: Envelope) -> str | None:
    """Return the id of what an event tells of, as it stands in keys; None if it names nothing."""
    if envelope.dialect == URL_SIGNED:
        return named_id(envelope.data, _URL_SIGNED_FIELDS)
    own = _OWN_FIELDS.get(envelope.type.partition(".")[0], ())
    return named_id(envelope.data, (*own, *_ID_FIELDS))


def named_id(data: Mapping[str, Any], fields: Iterable[str]) -> str | None:
    """Return the first id that stands in one of these fields, as it may stand in a key."""
    for field in fields:
        text = _id_text(data.get(field))
        if text not in _NO_ID:
            plain = _PLAIN_ID.fullmatch(text) and not text.startswith(_HASHED)
            return text if plain else f"{_HASHED}{_text_hash(text)}"
    return None


def _id_text(value: object) -> str:
    """Return an id as text, the same for `1`, `1.0` and `"1"`; empty for what is no id."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return ""


def _text_hash(text: str) -> str:
    # A lone surrogate is legal in JSON and has no UTF-8 form; it must still give a key.
    return content_hash(text.encode(errors="surrogatepass"))
