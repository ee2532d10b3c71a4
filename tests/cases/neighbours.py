"""Neighbours of the cases, by rule: the same kind of payload, otherwise."""

from collections.abc import Iterable, Mapping, Sequence

import pytest
from _pytest.mark import ParameterSet

from tests.cases import further_contact, further_order, further_shape
from tests.cases.build import Row
from tests.cases.neighbours_again import NEW_CONTENT
from tests.cases.neighbours_contact import CONSENT, DIRECTION, NUMBERS
from tests.cases.neighbours_order import EMPTIES, ONE_THING, PROBE, TIME
from tests.cases.neighbours_shape import SHAPE, SHOWN
from tests.cases.runner import Case

type Rules = Mapping[str, Sequence[Row]]

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
# Tried without AWS alone: most of them differ only in what is read.
FURTHER_RULES = {
    "consent": further_contact.CONSENT,
    "numbers": further_contact.NUMBERS,
    "direction": further_contact.DIRECTION,
    "shape": further_shape.SHAPE,
    "empties": further_shape.EMPTIES,
    "time": further_order.TIMES,
    "one thing": further_order.ONE_THING,
    "probe": further_order.PROBES,
}


def _cases(rules: Rules) -> list[Case]:
    return [
        {"id": rule, "situation": situation, "steps": steps, "right": right}
        for rule, rows in rules.items()
        for situation, steps, right in rows
    ]


NEIGHBOURS = _cases(RULES)
FURTHER = _cases(FURTHER_RULES)


def parameters(cases: Iterable[Case]) -> list[ParameterSet]:
    """Return the cases as pytest's parameters."""
    return [pytest.param(case, id=f"{case['id']}: {case['situation']}") for case in cases]
