"""Moments as the ledger writes them, and as JustCall does."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from justcall.folding import folded

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_ZONE = rf"\s*(?P<zone>Z|UTC|GMT|UT|{'|'.join(_ZONES)}|[+-]\d\d(?::?\d\d)?)?(?:\s*\([a-z ]+\))?"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
_FORMS = (
    rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})(?:[T\s]+{_CLOCK})?{_ZONE}",
    # RFC 2822, with or without the day's name.
    (
        r"(?:[a-z]{3,9}(?:,\s*|\s+))?(?P<day>\d{1,2})\s+(?P<name>[a-z]{3})[a-z]*\s+(?P<year>\d{4})"
        rf"\s+{_CLOCK}{_ZONE}"
    ),
)
# Older than JustCall and than every sender's clock: what is written where there is no time.
_EXPONENT = r"\d(?:\.\d{1,30})?[eE]\+?\d{1,2}"
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_EPOCH_SECONDS = 1e11
# No time is longer. The patterns take quadratic time for a text of spaces.
_LONGEST = 200
_MAX_EPOCH_MICROSECONDS = 1e17


@lru_cache(maxsize=4)  # one moment is written in the item, its index and its message
def iso(epoch_seconds: float) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.mmmZ`, which sorts as text in the order of time."""
    return _text(datetime.fromtimestamp(epoch_seconds, UTC))


def epoch(moment: str) -> float:
    """Return the seconds since the epoch of a moment that `iso` wrote."""
    return datetime.fromisoformat(moment).timestamp()


def moment_of(value: object) -> str | None:
    """Return a sender's time as `iso` writes it, None if it is none or older than the year 2000.

    Understood: epoch seconds, milliseconds and microseconds as number or text, ISO 8601 with
    a space, lower-case letters or unpadded hours, RFC 2822. Without an offset it is UTC.
    """
    try:
        moment = _moment(value)
    except (ValueError, OverflowError, OSError):
        return None
    return _text(moment) if moment and moment >= _EARLIEST else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    if isinstance(value, str):
        if len(value) > _LONGEST and len(value := value.strip()) > _LONGEST:
            return None
        text = folded(value)
        return _epoch_moment(float(text)) if _is_epoch(text) else _written(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _epoch_moment(float(value))


def _is_epoch(text: str) -> bool:
    if "e" in text or "E" in text:  # PHP writes large numbers so
        return bool(re.fullmatch(_EXPONENT, text))
    whole, _, part = text.partition(".")
    return 9 <= len(whole) <= 17 and text.isascii() and f"{whole}{part}".isdigit()


def _epoch_moment(value: float) -> datetime:
    if not 0 < value < _MAX_EPOCH_MICROSECONDS:
        raise ValueError(value)
    while value >= _MAX_EPOCH_SECONDS:
        value /= 1000
    return datetime.fromtimestamp(value, UTC)


def _written(text: str) -> datetime | None:
    # Almost every sender writes ISO 8601. The handler compiles the patterns only for the others.
    if text.isascii():
        with suppress(ValueError):
            moment = datetime.fromisoformat(text.upper())
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    for form in _FORMS:
        if match := re.fullmatch(form, text, re.ASCII | re.IGNORECASE):
            return _from_parts(match.groupdict())
    return None


def _from_parts(parts: dict[str, str | None]) -> datetime:
    name = (parts.get("name") or "").lower()
    month = _MONTHS.index(name) + 1 if name else int(parts.get("month") or 0)
    moment = datetime(
        int(parts["year"] or 0),
        month,
        int(parts["day"] or 0),
        int(parts["hour"] or 0),
        int(parts["minute"] or 0),
        int(parts["second"] or 0),
        int((parts["part"] or "").ljust(6, "0")[:6]),
        _zone(parts["zone"] or ""),
    )
    return moment.astimezone(UTC)


def _zone(text: str) -> timezone:
    if text[:1] not in ("+", "-"):
        return timezone(timedelta(hours=_ZONES.get(text.upper(), 0)))
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(offset if text[0] == "+" else -offset)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
