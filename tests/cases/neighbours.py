"""Neighbours of the cases, by rule: the same kind of payload, otherwise."""

from collections.abc import Iterable

import pytest
from _pytest.mark import ParameterSet

from tests.cases.neighbours_again import NEW_CONTENT
from tests.cases.neighbours_contact import CONSENT, DIRECTION, NUMBERS
from tests.cases.neighbours_order import EMPTIES, ONE_THING, PROBE, TIME
from tests.cases.neighbours_shape import SHAPE, SHOWN
from tests.cases.runner import Case

RULES = {
    "consent": CONSENT,
    "numbers": NUMBERS,
    "direction": DIRECTION,
    "shape": SHAPE,
    "empties": EMPTIES,
    "time": TIME,
    "one thing": ONE_THING,
    "new content": NEW_CONTENT,
    "shown": SHOWN,
    "probe": PROBE,
}
NEIGHBOURS: list[Case] = [
    {"id": rule, "situation": situation, "steps": steps, "right": right}
    for rule, rows in RULES.items()
    for situation, steps, right in rows
]


def parameters(cases: Iterable[Case]) -> list[ParameterSet]:
    """Return the cases as pytest's parameters."""
    return [pytest.param(case, id=f"{case['id']}: {case['situation']}") for case in cases]
