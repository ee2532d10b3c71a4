"""Phone numbers in one form: E.164 if libphonenumber knows them as valid, else as they came.

The order of attempts: with its plus (or `00`) a number is international. Without, it is read as
international first and as a national number of the company's own region second; a number that is
laid out like a national one, `(415) 555-2071`, the other way round.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

import phonenumbers

from justcall.folding import folded, visible

# The number under which events of withheld callers, and events that name nobody, are kept.
NO_NUMBER = "unknown"
# Longer text is no number, and would not fit DynamoDB's partition key.
_MAX_CHARACTERS = 250
# An event names the same two numbers several times, and a company has few of its own.
_REMEMBERED = 256
# No more of a text is looked at. The rest of a megabyte holds no number.
_MAX_LOOKED_AT = 1000
_PREFIX = re.compile(r"(whatsapp|tel|sip|sips|sms|callto):", re.IGNORECASE)
_SIP_HOST = re.compile(r"[@;](?!ext=).*", re.DOTALL)
_EXPONENT = re.compile(r"\d(?:\.\d{1,30})?[eE]\+?0*\d{1,2}")
_DECIMALS = re.compile(r"(\+?\d+)\.0+")
_SHORT_CODE = re.compile(r"\d{3,6}")
# What spreadsheets and mail programs put around a number, and a plus in parentheses.
_AROUND = "'\"`<>"
_PLUS_INSIDE = re.compile(r"\(\s*(\+|00)\s*(\d{1,3})\s*\)")
# A plus that was put before another plus or before `00`.
_PLUS_TWICE = re.compile(r"\+\s*(?:\+|00)\s*(?=[1-9(])")
# libphonenumber finds a number within any text: `Alice +1 415…` would be Alice's mother.
_NUMBER = re.compile(
    r"(\+?(?:[0-9\s()./\-\u2010-\u2015\u2212]|,(?!,))*[0-9)])\s*"
    r"((?:;ext=|;|,{2,}|,?\s*(?:ext(?:n|ension)?\.?|x|#)\s*:?)\s*\d{1,7}#?)?\.?",
    re.IGNORECASE,
)
# Carriers send these for withheld callers: ANONYMOUS, RESTRICTED, UNAVAILABLE, BLOCKED and UNKNOWN
# typed on a phone's keys. Source: Twilio's documentation of incoming calls.
_STAND_INS = {"266696687", "7378742833", "86282452253", "2562533", "8656696"}
_STAND_IN_WORDS = re.compile(
    r"(?:anonymous|blocked|hidden|private|restricted|unavailable|unknown|withheld)"
    r"(?: (?:caller|number|id|caller id))?|no (?:caller id|number)",
    re.IGNORECASE,
)
# Subjects are names of ours (justcall.subjects). A sender of that name gets no timeline of a call.
_SUBJECT = re.compile(r"(call|message|voicemail|appointment|contact):", re.IGNORECASE)


def number_of(text: str | None, region: str | None = None) -> str:
    """Return the number under which a contact's timeline is kept, `unknown` for a withheld one.

    `region` is that of the company's own number, for numbers without a country code.
    """
    seen = visible((text or "")[:_MAX_LOOKED_AT])[:_MAX_CHARACTERS].strip()
    number = normalise(seen, region)
    # In some region the digits of a stand-in are a valid number.
    stand_in = _bare(seen).lstrip("+") in _STAND_INS
    if stand_in or _is_withheld(_bare(number)) or _SUBJECT.match(number):
        return NO_NUMBER
    return number


@lru_cache(_REMEMBERED)
def normalise(text: str, region: str | None = None) -> str:
    """Return a valid number in E.164, a short code in its digits, anything else as it came."""
    bare = _bare(text)
    if _SHORT_CODE.fullmatch(bare):
        return bare
    if not (match := _NUMBER.fullmatch(bare)):
        return text
    for candidate, country in _readings(match[1].replace(",", " "), region):
        try:
            number = phonenumbers.parse(candidate, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text


@lru_cache(_REMEMBERED)
def region_of(number: str | None) -> str | None:
    """Return the region of a number in E.164, None if it has none."""
    if not number or not number.startswith("+"):
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None


def _readings(text: str, region: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield what a number without its extension may mean, the likeliest first."""
    if text.startswith("+"):
        yield text, None
        return
    if text.startswith("00"):
        yield f"+{text[2:]}", None
    readings: list[tuple[str, str | None]] = [(f"+{text}", None)]
    if region:
        readings.insert(0 if _looks_national(text) else 1, (text, region))
    yield from readings


def _looks_national(number: str) -> bool:
    """Tell whether digits are grouped, and the first group is no country's calling code."""
    groups = re.findall(r"\d+", number)
    if len(groups) < 2:
        return False
    code = int(groups[0]) if len(groups[0]) <= 3 else 0
    return number.startswith(("(", "0")) or code not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


def _is_withheld(bare: str) -> bool:
    """Tell whether a text holds nothing but zeros and marks, or stands for a withheld number."""
    signs = "".join(one for one in bare if one.isalnum())
    digits = signs if _NUMBER.fullmatch(bare) else ""
    withheld = digits in _STAND_INS or _STAND_IN_WORDS.fullmatch(bare)
    return bool(withheld) or (not signs.strip("0") and "*" not in bare and "#" not in bare)


def _bare(text: str) -> str:
    """Return a number's text in ASCII without what surrounds it."""
    marks = folded(text).strip(_AROUND)
    bare = "".join(str(unicodedata.decimal(one, one)) for one in marks)
    while prefix := _PREFIX.match(bare):
        bare = bare[prefix.end() :].lstrip("/ ")
        bare = _SIP_HOST.sub("", bare) if prefix[1].lower() != "whatsapp" else bare
    bare = _PLUS_TWICE.sub(
        "+", _PLUS_INSIDE.sub(r"\1\2 ", " ".join(bare.split()), count=1), count=1
    )
    if decimals := _DECIMALS.fullmatch(bare):
        return decimals[1]
    if _EXPONENT.fullmatch(bare):
        value = Decimal(bare)
        return str(int(value)) if value == value.to_integral_value() else bare
    return bare
