"""Flags, the words that set and clear one, and the state that a history of changes leads to."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.consent import (
    CLEAR,
    CLEAR_IF_SET,
    DEFAULT_WORDS,
    SET,
    STEPS,
    Change,
    FlagChange,
    change_by_text,
    flag_of,
    states_of,
    steps_of,
    words_of,
)

YES = [True, 1, 1.0, "1", "true", "TRUE", " yes ", "Y", "on", "t"]
NO = [False, 0, 0.0, "0", "False", "no", "N\n", "OFF", "f"]
NEITHER: list[object] = [
    None,
    "",
    " ",
    "N/A",
    2,
    -1,
    1.5,
    "2",
    "yes please",
    [],
    [True],
    {},
    float("nan"),
]
OUT, BACK, CONFIRM = (
    Change({"opted_out": True}),
    Change({"opted_out": False}),
    Change(if_set={"opted_out": False}),
)


@pytest.mark.parametrize(
    ("value", "flag"),
    [*((one, True) for one in YES), *((one, False) for one in NO), *((one, None) for one in NEITHER)],
    ids=repr,
)  # fmt: skip
def test_flags(value: object, flag: bool | None) -> None:
    """Only a known yes sets, only a known no clears."""
    assert flag_of(value) is flag


@pytest.mark.parametrize("text", ["STOP", "Stop.", "STOPALL", "stop all", "opt-out", "OPT OUT!", "end", "\u200eQuit\n", "“Cancel”", "STOP" + "!" * 100, " " * 200 + "stop"])  # fmt: skip
def test_stop_words(text: str) -> None:
    """In any case, whatever surrounds them."""
    assert change_by_text(text) == OUT


@pytest.mark.parametrize("text", [None, "", "...", "stop it", "Don't stop", "yes please", "restart", "x" * 101, "s" + "-" * 2000 + "top"])  # fmt: skip
def test_other_texts(text: str | None) -> None:
    """A text that has more to say changes nothing."""
    assert change_by_text(text) == Change()


def test_start_words() -> None:
    """START and UNSTOP clear; YES clears only where the flag is set."""
    assert change_by_text("Start") == change_by_text("UNSTOP!") == BACK
    assert change_by_text("yes") == CONFIRM


def test_words_are_a_parameter() -> None:
    """A deployment's lists replace the usual words, each by itself."""
    words = words_of(stop="Arrêt, HALT", confirm="ja")
    assert change_by_text("halt", words) == change_by_text("arrêt", words) == OUT
    assert change_by_text("STOP", words) == Change()
    assert (change_by_text("start", words), change_by_text("JA", words)) == (BACK, CONFIRM)
    assert words_of() == DEFAULT_WORDS


@given(st.text())
def test_any_text(text: str) -> None:
    """Every text has an answer, and surrounding space and punctuation do not change it."""
    assert change_by_text(text) == change_by_text(f"  {text}\n") or len(text) > 90


# ------------------------------------------------------------ the state


def flag_changes(*said: tuple[int, str]) -> list[FlagChange]:
    """Return changes of one flag, each by an event of its own; a time is a minute."""
    return [
        FlagChange(
            "opted_out", f"2026-03-12T14:{minute:02}:00.000Z", step, "body", f"{minute}-{step}"
        )
        for minute, step in said
    ]


@pytest.mark.parametrize(
    ("said", "value", "key"),
    [
        ([(1, SET)], True, "1-set"),
        ([(1, CLEAR)], False, "1-clear"),
        ([(1, SET), (2, CLEAR)], False, "2-clear"),
        ([(1, CLEAR), (2, SET)], True, "2-set"),
        ([(1, SET), (2, CLEAR), (3, SET)], True, "3-set"),
        # At the same time the restrictive value wins.
        ([(1, SET), (1, CLEAR)], True, "1-set"),
        ([(1, SET), (1, CLEAR_IF_SET)], True, "1-set"),
        ([(1, SET), (1, CLEAR), (1, CLEAR_IF_SET)], True, "1-set"),
        # YES clears an older opt-out, and means nothing without one.
        ([(1, SET), (2, CLEAR_IF_SET)], False, "2-clear-if-set"),
        ([(1, CLEAR_IF_SET), (2, SET)], True, "2-set"),
        ([(1, SET), (2, CLEAR_IF_SET), (3, SET)], True, "3-set"),
        ([(1, SET), (2, CLEAR), (3, CLEAR_IF_SET)], False, "2-clear"),
        ([(1, CLEAR_IF_SET), (2, CLEAR)], False, "2-clear"),
    ],
    ids=repr,
)
def test_state(said: list[tuple[int, str]], value: bool, key: str) -> None:
    """In any order in which the changes are read, and read twice."""
    for order in itertools.permutations(flag_changes(*said)):
        [(flag, state)] = states_of([*order, *order]).items()
        assert (flag, state.value, state.key) == ("opted_out", value, key)
        assert state.since[14:16] == f"{int(key[0]):02}"


def test_yes_alone_is_no_state() -> None:
    assert states_of(flag_changes((1, CLEAR_IF_SET))) == {}


def test_flags_are_independent() -> None:
    dnd, dnm = (
        FlagChange(flag, "t", step, "b", "k") for flag, step in (("dnd", SET), ("dnm", CLEAR))
    )
    assert {flag: one.value for flag, one in states_of([dnd, dnm]).items()} == {
        "dnd": True,
        "dnm": False,
    }


def test_steps() -> None:
    change = Change({"dnd": True, "dnm": False}, {"opted_out": False})
    assert steps_of(change) == {"dnd": SET, "dnm": CLEAR, "opted_out": CLEAR_IF_SET}


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(STEPS)), unique=True, max_size=6),
    st.randoms(),
)
def test_only_what_comes_after_an_opt_out_ends_it(
    said: list[tuple[int, str]], rng: random.Random
) -> None:
    """The rule said once more, without a fold: the newest opt-out counts if nothing newer clears it."""
    shuffled = flag_changes(*said)
    rng.shuffle(shuffled)
    state = states_of(shuffled).get("opted_out")
    newest = max((minute for minute, step in said if step == SET), default=0)
    ended = any(minute > newest and step != SET for minute, step in said)
    assert (state is not None and state.value) == (newest > 0 and not ended)


def test_same_second_is_the_same_time() -> None:
    """A fast clock's opt-in counts from its arrival, and the opt-out after it has whole seconds."""
    start = FlagChange("opted_out", "2026-03-12T14:35:00.250Z", "clear", "a", "sms.received:1")
    stop = FlagChange("opted_out", "2026-03-12T14:35:00.000Z", "set", "b", "sms.received:2")
    later = FlagChange("opted_out", "2026-03-12T14:35:01.000Z", "clear", "c", "sms.received:3")
    assert states_of([stop, start])["opted_out"].value is True
    assert states_of([later, stop, start])["opted_out"].value is False
