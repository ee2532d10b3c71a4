"""What a contact does not want: reading flags, and the words that set and clear one by text.

Only a known yes sets a flag and only a known no clears it. Anything else changes nothing.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

FLAGS = ("dnd", "dnm", "blacklist")
OPTED_OUT = "opted_out"

_YES = frozenset({"true", "1", "1.0", "yes", "y", "on", "t"})
_NO = frozenset({"false", "0", "0.0", "no", "n", "off", "f"})
# Spaces and hyphens within a word do not count: "opt out", "Opt-Out", "stop all".
_BETWEEN = re.compile(r"[\s\-_\u2010-\u2015]+")


class Words(NamedTuple):
    """The words by which a contact opts out and in; `confirm` counts only after an opt-out."""

    stop: frozenset[str] = frozenset(
        {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
    )
    start: frozenset[str] = frozenset({"start", "unstop"})
    confirm: frozenset[str] = frozenset({"yes"})


class Change(NamedTuple):
    """The flags that an event sets or clears; those in `if_set` only where the flag is set."""

    flags: Mapping[str, bool] = MappingProxyType({})
    if_set: Mapping[str, bool] = MappingProxyType({})


DEFAULT_WORDS = Words()
NO_CHANGE = Change()


def flag_of(value: object) -> bool | None:
    """Return what a known yes or no means, None for anything else."""
    if not isinstance(value, bool | int | float | str):
        return None
    word = str(value).strip().lower()
    return True if word in _YES else False if word in _NO else None


def words_of(stop: str = "", start: str = "", confirm: str = "") -> Words:
    """Return the words of a deployment's settings, each a comma-separated list; empty: defaults."""
    given = (
        frozenset(filter(None, map(_word, text.split(",")))) for text in (stop, start, confirm)
    )
    return Words(*(ours or usual for ours, usual in zip(given, DEFAULT_WORDS, strict=True)))


def change_by_text(text: str | None, words: Words = DEFAULT_WORDS) -> Change:
    """Return the change that an inbound text makes; a text must consist of one of the words."""
    word = _word(text or "")
    if word in words.stop:
        return Change({OPTED_OUT: True})
    if word in words.start:
        return Change({OPTED_OUT: False})
    return Change(if_set={OPTED_OUT: False}) if word in words.confirm else NO_CHANGE


def _word(text: str) -> str:
    """Return a text in lower case without what surrounds its letters."""
    if len(text) > 100:
        return ""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = [one for one in folded if unicodedata.category(one) != "Cf"]
    while kept and not kept[-1].isalnum():
        kept.pop()
    while kept and not kept[0].isalnum():
        kept.pop(0)
    return _BETWEEN.sub("", "".join(kept))
