"""The idempotency key: two deliveries with the same key are the same event.

`TYPE:ID` for types that JustCall sends once per object; `TYPE:ID:HASH` for other content of the
same object, for types that repeat and for unknown types; `TYPE:sha256-HASH` when the event names no
object. JustCall advises `call_id` or `message_id`, but call.answered and call.completed share their
call_id, so the type is part of the key.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from justcall.catalogue import ONCE
from justcall.envelope import URL_SIGNED, Envelope
from justcall.folding import folded

CALL_IDS = ("call_sid", "call_id", "id")
MESSAGE_IDS = ("message_id", "messageid", "id")
# The first of these that holds something names the object; a type's own id comes first, since a
# text or a voicemail may name its call too. Source: the specification for call_id and message_id,
# the developer site for call_sid (a url-signed call's `id` may be empty) and the API's contact.
_OWN_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sms": MESSAGE_IDS,
        "whatsapp": MESSAGE_IDS,
        "call": CALL_IDS,
        "jc": CALL_IDS,
        "sd": CALL_IDS,
        "voicemail": ("voicemail_id", "call_sid", "call_id", "id"),
        "contact": ("contact_id", "id"),
        "appointment": ("appointment_id", "id"),
    }
)
_ID_FIELDS = ("call_sid", "call_id", "message_id", "voicemail_id", "contact_id", "id")
# Ids of these characters are part of the key as they are; others are hashed. Keys appear in logs
# and are typed in shells, so no phone number with a plus and no e-mail address may be in them.
_PLAIN_ID = re.compile(r"[A-Za-z0-9._=-]{1,200}")
# The types that begin so need no prefix for the numeric ids of their product.
_PRODUCTS = ("sd", "whatsapp")
_DECIMALS = re.compile(r"(\d+)\.0+", re.ASCII)
_HASHED = "sha256-"
_SHORT_HASH = 16
# JustCall writes these if there is no id, for example in url-signed calls.
_NO_ID = ("", "0")


def content_hash(body: bytes) -> str:
    """Return the SHA-256 of the raw body in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def event_hash(envelope: Envelope, body: bytes, sent_at: str | None = None) -> str:
    """Return the hash of an event's content: two deliveries of the same content have the same.

    Body-signed: the bytes. Url-signed: `data` alone, because the envelope around it names the
    request, and whether a retry is the same request is unknown. For types that repeat, the signed
    time `sent_at` counts too: a flag that is set, cleared and set again is three events, though the
    first and the last have the same data.
    """
    if envelope.dialect != URL_SIGNED:
        return content_hash(body)
    when = None if envelope.type in ONCE else sent_at
    try:
        text = json.dumps([when, envelope.data], sort_keys=True, separators=(",", ":"))
    except RecursionError:  # nested a few levels less deep than the reader's limit
        return content_hash(body)
    return content_hash(text.encode())


def key_of(envelope: Envelope, digest: str) -> str:
    """Return the key of a readable event; `digest` is its `event_hash`.

    The key is the same before and after a type becomes known.
    """
    identity = object_id(envelope)
    if identity is None:
        return f"{envelope.type}:{_HASHED}{digest}"
    if envelope.type in ONCE:
        return f"{envelope.type}:{identity}"
    return with_content(f"{envelope.type}:{identity}", digest)


def with_content(key: str, digest: str) -> str:
    """Return the key of other content under a taken key, or of a type that repeats."""
    return f"{key}:{digest[:_SHORT_HASH]}"


def quarantine_key(body_hash: str) -> str:
    """Return the key of authentic bytes from which no event could be read."""
    return f"quarantined:{_HASHED}{body_hash}"


def object_id(envelope: Envelope) -> str | None:
    """Return the id of an event's object as it stands in keys; None if there is none."""
    word = envelope.type.partition(".")[0]
    found = named_id(envelope.data, (*_OWN_FIELDS.get(word, ()), *_ID_FIELDS))
    if found is None or not found.isdigit() or word in _PRODUCTS:
        return found
    return f"{family(envelope)}{found}"


def family(envelope: Envelope) -> str:
    """Return the prefix of a product's own numeric ids: they mean nothing in another product."""
    data = envelope.data
    if envelope.type.startswith("sd.") or data.get("sales_dialer_number"):
        return "sd/"
    medium = data.get("medium")
    whatsapp = isinstance(medium, str) and medium.strip().lower() == "whatsapp"
    return "wa/" if whatsapp or envelope.type.startswith("whatsapp.") else ""


def named_id(data: Mapping[str, Any], fields: Iterable[str]) -> str | None:
    """Return the first id in these fields, in the form that keys have."""
    return next(filter(None, (id_of(data.get(field)) for field in fields)), None)


def id_of(value: object) -> str | None:
    """Return an id in the form that keys have, the same for `1`, `1.0`, `"1"` and `" 1"`."""
    text = _id_text(value)
    if text in _NO_ID:
        return None
    plain = _PLAIN_ID.fullmatch(text) and not text.startswith(_HASHED)
    # A lone surrogate is legal in JSON and has no UTF-8 form; it must still give a key.
    return text if plain else f"{_HASHED}{content_hash(text.encode(errors='surrogatepass'))}"


def _id_text(value: object) -> str:
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        text = folded(str(value))
        decimals = _DECIMALS.fullmatch(text)
        return decimals[1] if decimals else text
    return ""
