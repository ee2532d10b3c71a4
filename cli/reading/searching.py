"""Selecting events by what is in them: a contact's number, or a text."""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cli.reading import table
from cli.reading.table import Item
from cli.stack import Stack
from justcall.phone import number_of
from ledger import bodies, schema

_NOT_DIGITS = re.compile(r"\D")
# A shorter run of digits is in every id and time.
_MIN_DIGITS = 5
_MAX_CHARACTERS = 40


def matching(stack: Stack, keys: Sequence[str], number: str | None, text: str | None) -> set[str]:
    """Return the keys of these events that have the number, and the text in any field."""
    return {
        schema.key_of(item["pk"]["S"])
        for item in table.items(stack, keys)
        if _has(stack, item, number, text)
    }


def _has(stack: Stack, item: Item, number: str | None, text: str | None) -> bool:
    values = list(_values(_body(stack, item)))
    if number is not None and not _has_number(item, values, number):
        return False
    return text is None or any(text.casefold() in one.casefold() for one in values)


def _has_number(item: Item, values: Iterable[str], number: str) -> bool:
    """Tell whether an event is on a number's timeline, or has the number in a field of its own."""
    if item.get("contact", {}).get("S") == number_of(number):
        return True
    digits = _digits(number)
    return len(digits) >= _MIN_DIGITS and any(_digits_of_number(one) == digits for one in values)


def _digits_of_number(value: str) -> str:
    """Return the digits of a value that may be a number, empty for sentences and long values."""
    bare = value[-_MAX_CHARACTERS - 1 :].rpartition(":")[2]  # tel:, whatsapp:
    is_number = len(bare) <= _MAX_CHARACTERS and not any(map(str.isalpha, bare))
    return _digits(bare) if is_number else ""


def _digits(text: str) -> str:
    return _NOT_DIGITS.sub("", text)


def _body(stack: Stack, item: Item) -> Any:
    """Return a body as JSON, or as text if it is not JSON; empty if it is damaged."""
    items: Sequence[Item] = [item]
    if "parts" in item:
        items = table.ledger_items(stack, schema.key_of(item["pk"]["S"]))
    try:
        content = (bodies.unpack(items) or b"").decode(errors="replace")
    except zlib.error:
        return ""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content


def _values(document: Any) -> Iterator[str]:
    """Yield the texts and numbers of a document, not the names of its fields."""
    rest = [document]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            rest += one.values()
        elif isinstance(one, list):
            rest += one
        elif one is not None:
            yield str(one)
