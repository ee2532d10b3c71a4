"""Consent flags: how they are read, the words that set and clear one by text, and their state.

Only a known yes sets a flag and only a known no clears it. Anything else changes nothing.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from justcall.folding import folded

FLAGS = ("dnd", "dnm", "blacklist")
OPTED_OUT = "opted_out"
# The length of a moment up to its second.
_SECOND = 19
# The effect of a change on a flag. Changes in the same second take effect in this order, so the
# restrictive value wins.
CLEAR, CLEAR_IF_SET, SET = STEPS = ("clear", "clear-if-set", "set")

_YES = frozenset({"true", "1", "1.0", "yes", "y", "on", "t"})
_NO = frozenset({"false", "0", "0.0", "no", "n", "off", "f"})
# Spaces and hyphens within a word do not count: "opt out", "Opt-Out", "stop all".
_BETWEEN = re.compile(r"[\s\-_\u2010-\u2015]+")
# No word is longer; nobody folds a text of megabytes to find out.
_LONGEST = 1000


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


class FlagChange(NamedTuple):
    """One change of one flag: when, which of `STEPS`, and by which event with which body.

    `body` is the beginning of the hash of the event's body.
    """

    flag: str
    at: str
    step: str
    body: str
    key: str


class State(NamedTuple):
    """A flag's value, since when, and by which event."""

    value: bool
    since: str
    key: str


DEFAULT_WORDS = Words()
NO_CHANGE = Change()


def flag_of(value: object) -> bool | None:
    """Return what a known yes or no means, None for anything else."""
    if isinstance(value, bool | int | float):
        return bool(value) if value in (0, 1) else None
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    word = folded(value).lower()
    return True if word in _YES else False if word in _NO else None


@cache
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


def steps_of(change: Change) -> Mapping[str, str]:
    """Return what a change does to each of its flags, one of `STEPS`."""
    steps = {flag: SET if value else CLEAR for flag, value in change.flags.items()}
    return steps | dict.fromkeys(change.if_set, CLEAR_IF_SET)


def newest_first(history: Iterable[FlagChange]) -> list[FlagChange]:
    """Return changes in the order in which they count: by second, then the restrictive one first.

    Senders know no less than a second, and an arrival that stands for a sender's time is later.
    """

    def place(one: FlagChange) -> tuple[str, int, str, str]:
        return one.at[:_SECOND], STEPS.index(one.step), one.at, one.key

    return sorted(history, key=place, reverse=True)


def states_of(history: Iterable[FlagChange]) -> dict[str, State]:
    """Return the state of each flag that any change has set or cleared, in any order of changes."""
    states: dict[str, State] = {}
    for one in reversed(newest_first(history)):
        state = states.get(one.flag)
        if one.step != CLEAR_IF_SET or (state and state.value):
            states[one.flag] = State(one.step == SET, one.at, one.key)
    return states


def _word(text: str) -> str:
    """Return a text in lower case without what surrounds its letters."""
    start, end = 0, len(text)
    while start < end and not text[end - 1].isalnum():
        end -= 1
    while start < end and not text[start].isalnum():
        start += 1
    if end - start > _LONGEST:
        return ""
    return _BETWEEN.sub("", folded(text[start:end]).casefold())
