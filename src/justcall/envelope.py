"""Reading the envelopes: `{"event", "timestamp", "data"}` and `{"type", "webhook_url", …, "data"}`.

Sources: JustCall's help article "Webhooks Overview" (body-signed) and its developer site
(url-signed). Only what the receiving path needs is read here, with the standard library alone.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from errors import Unreadable
from justcall.catalogue import TYPES
from justcall.moments import moment_of

BODY_SIGNED = "body-signed"
URL_SIGNED = "url-signed"
_TYPE_FIELDS = ("event", "type")
_TYPE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TYPE_IN_BYTES = re.compile(rb'"type"\s*:\s*"([^"\\]{1,128})"')
# A probe carries a type and perhaps a URL. Anything longer is not worth parsing unverified.
_PROBE_BYTES = 4096
_PROBE_FIELDS = frozenset(
    {"event", "type", "timestamp", "data", "webhook_url", "url_id", "request_id"}
)
# Prefixes of pairs of fields with an event's time in UTC: `call_date` and `call_time`, ….
_DATED = ("call", "sms", "message", "whatsapp", "event")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(members := dict(pairs)) < len(pairs):
        raise ValueError
    return members


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_STRICT_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)


class Envelope(NamedTuple):
    """The fields that events of every kind have."""

    type: str
    timestamp: object
    data: Mapping[str, Any]
    dialect: str = BODY_SIGNED
    url: object = None


def read(body: bytes, dialect: str | None = None) -> Envelope:
    """Return the envelope that these bytes hold; empty `data` reads as `{}`.

    `dialect` decides which of the fields `event` and `type` comes first; by default a body with
    `event` is body-signed. Raises Unreadable with the reason not-utf8, not-json, too-deep,
    not-an-object, type-unreadable or data-not-an-object.
    """
    document = _parse(body)
    dialect = dialect or (BODY_SIGNED if "event" in document else URL_SIGNED)
    event_type = _type_in(document, dialect)
    if not isinstance(event_type, str) or not _TYPE.fullmatch(event_type.strip()):
        raise Unreadable("type-unreadable")
    data = {} if _has_no_data(document) else document["data"]
    while isinstance(data, list) and len(given := [one for one in data if _is_given(one)]) == 1:
        [data] = given
    if not isinstance(data, dict):
        raise Unreadable("data-not-an-object")
    url = document.get("webhook_url")
    return Envelope(event_type.strip(), document.get("timestamp"), data, dialect, url)


def claims(body: bytes) -> tuple[Sequence[str], object]:
    """Return the types that a url-signed body may have been signed for, and the URL that it names.

    An unreadable body may still be signed: then the types are one that the bytes seem to name, and
    every known type.
    """
    try:
        document = _parse(body)
    except Unreadable:
        match = _TYPE_IN_BYTES.search(body)
        return [*([match[1].decode(errors="replace")] if match else []), *TYPES], None
    name = _type_in(document, URL_SIGNED)
    return ([name] if isinstance(name, str) else []), document.get("webhook_url")


def is_probe(body: bytes) -> bool:
    """Tell whether a body is a probe, as JustCall posts it when a URL is saved.

    A probe is empty, or has only a probe's fields and no `data`. It has no effect, so it needs no
    signature. Any other field makes it a delivery.
    """
    if len(body) > _PROBE_BYTES:
        return False
    if not body.removeprefix(b"\xef\xbb\xbf").strip():
        return True
    try:
        document = _decoded(body, _STRICT_DECODER)
    except Unreadable:
        return False
    if not isinstance(document, dict):
        return document is None or document == []
    others = (document[name] for name in document.keys() - {"data"})
    plain = (not isinstance(one, list | dict) or not one for one in others)
    return document.keys() <= _PROBE_FIELDS and _has_no_data(document) and all(plain)


def event_time(envelope: Envelope) -> str | None:
    """Return the event's own time as `YYYY-MM-DDTHH:MM:SS.mmmZ` in UTC, or None if it has none.

    It is the envelope's timestamp, or else the first date and time that `data` holds.
    """
    return next(filter(None, map(moment_of, _times(envelope))), None)


def _times(envelope: Envelope) -> Iterator[object]:
    yield envelope.timestamp
    for what in _DATED:
        date, time = (_one(envelope.data.get(f"{what}_{part}")) for part in ("date", "time"))
        yield from _dated(date, time)
    yield envelope.data.get("datetime")


def _dated(date: object, time: object) -> Iterator[object]:
    """Yield what a date and a time may mean together. Each may hold both; a day is no moment."""
    if isinstance(date, str) and isinstance(time, str):
        yield f"{date.strip()} {time.strip()}"
        if ":" in date:
            yield f"{date.strip()[:10]} {time.strip()}"
    yield time
    if not isinstance(date, str) or ":" in date or _is_count(date):
        yield date


def _is_count(text: str) -> bool:
    return len(text) > len("20260312") and text.strip().replace(".", "").isdigit()


def _type_in(document: Mapping[str, Any], dialect: str) -> object:
    """Return the type: from the field that the dialect signs, or if that is empty the other."""
    own, other = _TYPE_FIELDS if dialect == BODY_SIGNED else reversed(_TYPE_FIELDS)
    return _one(document.get(own)) or _one(document.get(other))


def _one(value: object) -> object:
    """Return the only element of a list, or any other value; None for a blank text."""
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    return None if isinstance(value, str) and not value.strip() else value


def _has_no_data(document: Mapping[str, Any]) -> bool:
    return not _is_given(document.get("data"))


def _is_given(value: object) -> bool:
    return value is not False and value not in (None, "", {}, [])


def _parse(body: bytes) -> dict[str, Any]:
    document = _decoded(body, _DECODER)
    if not isinstance(document, dict):
        raise Unreadable("not-an-object")
    return document


def _decoded(body: bytes, decoder: json.JSONDecoder) -> object:
    try:
        return decoder.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("not-utf8") from error
    except RecursionError as error:
        raise Unreadable("too-deep") from error
    except ValueError as error:  # also integers of thousands of digits
        raise Unreadable("not-json") from error
