"""Reading the envelopes: `{"event", "timestamp", "data"}` and `{"type", "webhook_url", …, "data"}`.

Sources: JustCall's help article "Webhooks Overview" (body-signed) and its developer site
(url-signed). The field that names the type tells the two apart. Only what the receiving path needs
is read here, with the standard library alone; the models of the single kinds belong to the
processors.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn

from errors import Unreadable
from justcall.catalogue import TYPES

BODY_SIGNED = "body-signed"
URL_SIGNED = "url-signed"
_TYPE_FIELDS = {BODY_SIGNED: "event", URL_SIGNED: "type"}
_TYPE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TYPE_IN_BYTES = re.compile(rb'"type"\s*:\s*"([^"\\]{1,128})"')
# A probe carries a type and perhaps a URL. Anything longer is not worth parsing unverified.
_PROBE_BYTES = 4096
_PROBE_FIELDS = frozenset(
    {"event", "type", "timestamp", "data", "webhook_url", "url_id", "request_id"}
)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_STRICT_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)


class Envelope(NamedTuple):
    """What the receiver knows about an event without knowing its kind."""

    type: str
    timestamp: object
    data: Mapping[str, Any]
    dialect: str = BODY_SIGNED
    url: object = None


def read(body: bytes, dialect: str | None = None) -> Envelope:
    """Return the envelope that these bytes hold; a missing, null or empty `data` reads as `{}`.

    Without `dialect` it is read as what it looks like. Raises Unreadable with the reason not-utf8,
    not-json, not-an-object, type-unreadable or data-not-an-object.
    """
    document = _parse(body)
    dialect = dialect or (BODY_SIGNED if "event" in document else URL_SIGNED)
    event_type = _type(document, dialect)
    data = {} if _holds_nothing(document) else document["data"]
    if not isinstance(data, dict):
        raise Unreadable("data-not-an-object")
    url = document.get("webhook_url")
    return Envelope(event_type, document.get("timestamp"), data, dialect, url)


def told(body: bytes) -> tuple[Sequence[str], object]:
    """Return the types that a url-signed body may name, of any spelling, and the URL that it names.

    Its signature may hold though nothing else does: in a body that can't be read a type is looked
    for in the bytes, and every known one may be it.
    """
    try:
        document = _parse(body)
    except Unreadable:
        found = _TYPE_IN_BYTES.search(body)
        return [*([found[1].decode(errors="replace")] if found else []), *TYPES], None
    named = document.get("type", document.get("event"))
    return ([named] if isinstance(named, str) else []), document.get("webhook_url")


def is_probe(body: bytes, *, signed: bool) -> bool:
    """Tell whether this is the minimal body that JustCall posts when a URL is saved.

    A probe names a type (in either dialect's field) and holds no data. It has no effect, so it
    needs no signature; a body that holds data, if only in a field that stands there twice, is never
    a probe, whatever else it lacks. A signed one holds nothing but a probe's fields: what JustCall
    signs is not thrown away on a guess.
    """
    if len(body) > _PROBE_BYTES:
        return False
    try:
        document = _parse(body, _STRICT_DECODER)
    except Unreadable:
        return False
    named = isinstance(document.get("event"), str) or isinstance(document.get("type"), str)
    if not named or not _holds_nothing(document):
        return False
    return not signed or document.keys() <= _PROBE_FIELDS


def event_time(timestamp: object) -> str | None:
    """Return the sender's timestamp as `YYYY-MM-DDTHH:MM:SS.mmmZ` in UTC, or None if it is none.

    The specification says ISO 8601; one without an offset is taken as UTC.
    """
    if not isinstance(timestamp, str):
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _type(document: Mapping[str, Any], dialect: str) -> str:
    event_type = document.get(_TYPE_FIELDS[dialect])
    if not isinstance(event_type, str) or not _TYPE.fullmatch(event_type):
        raise Unreadable("type-unreadable")
    return event_type


def _holds_nothing(document: Mapping[str, Any]) -> bool:
    return document.get("data") in (None, {}, [])


def _parse(body: bytes, decoder: json.JSONDecoder = _DECODER) -> dict[str, Any]:
    try:
        document = decoder.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("not-utf8") from error
    except (ValueError, RecursionError) as error:  # also integers of thousands of digits
        raise Unreadable("not-json") from error
    if not isinstance(document, dict):
        raise Unreadable("not-an-object")
    return document
