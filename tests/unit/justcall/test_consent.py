"""Flags, and the words that set and clear one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall.consent import DEFAULT_WORDS, Change, change_by_text, flag_of, words_of

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


@pytest.mark.parametrize("text", ["STOP", "Stop.", "STOPALL", "stop all", "opt-out", "OPT OUT!", "end", "\u200eQuit\n", "“Cancel”"])  # fmt: skip
def test_stop_words(text: str) -> None:
    """In any case, whatever surrounds them."""
    assert change_by_text(text) == OUT


@pytest.mark.parametrize("text", [None, "", "...", "stop it", "Don't stop", "yes please", "restart", "x" * 101, "STOP" + "!" * 100])  # fmt: skip
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
