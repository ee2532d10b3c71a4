"""Neighbours of the cases, by rule: the same kind of payload, otherwise."""

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
    "shown": SHOWN,
    "probe": PROBE,
}
NEIGHBOURS: list[Case] = [
    {"id": rule, "situation": situation, "steps": steps, "right": right}
    for rule, rows in RULES.items()
    for situation, steps, right in rows
]
