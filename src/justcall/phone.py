"""Phone numbers in one form: E.164 for what is a number, as it came for what is none."""

import re

import phonenumbers

# phonenumbers finds a number within any text: `Alice +1 415…` would be Alice's mother.
_NUMBER = re.compile(r"(tel:|whatsapp:)?\+?[0-9\s().,/\-\u2010-\u2015]*")


def normalise(text: str, *, international: bool = False) -> str:
    """Return a number with a plus in E.164; anything else (short codes, names) as it came.

    A number without a plus does not say its country in the body-signed dialect, so it is not
    guessed at. The url-signed dialect leaves the plus out (`international`). `555` numbers and the
    like need not be in service: possible is enough.
    """
    if not _NUMBER.fullmatch(text):
        return text
    plus = "+" if international and text.isascii() and text.isdigit() else ""
    try:
        number = phonenumbers.parse(plus + text, None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
