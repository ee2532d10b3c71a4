"""The types of the fields of events: what each accepts, and the form that it is given.

A value that a type does not accept is a ValueError, and the event keeps it as `unfit`.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from justcall.consent import flag_of
from justcall.folding import folded

INBOUND = "inbound"
OUTBOUND = "outbound"
_LONGEST_WORD = 1000


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a flag")
    return value


def _text(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _direction(value: object) -> str:
    # "Outgoing" holds "going": only the beginning counts.
    word = folded(value[:_LONGEST_WORD]).lower() if isinstance(value, str) else ""
    if word == "i" or word.startswith("in"):
        return INBOUND
    if word == "o" or word.startswith("out"):
        return OUTBOUND
    raise ValueError("neither in nor out")


def _flag(value: object) -> bool:
    flag = flag_of(value)
    if flag is None:
        raise ValueError("neither yes nor no")
    return flag


# Ids are numbers in some samples and texts in others; masked ones show no length to rely on.
type Id = Annotated[int | str, BeforeValidator(_no_flag)]
type Text = Annotated[str, BeforeValidator(_text)]
type Word = Annotated[str, BeforeValidator(_word)]
type Seconds = Annotated[float, BeforeValidator(_no_flag), Field(ge=0, allow_inf_nan=False)]
type Direction = Annotated[str, BeforeValidator(_direction)]
type Flag = Annotated[bool, BeforeValidator(_flag)]
