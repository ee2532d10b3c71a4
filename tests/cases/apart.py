"""Gives a case a number and ids of its own, so that it can share a table with others."""

import json
from typing import Any

from tests.cases.build import NUMBER
from tests.cases.runner import Case

_IDS = frozenset({"id", "call_id", "call_sid", "message_id", "messageid", "appointment_id", "contact_id"})  # fmt: skip
_DIGITS = NUMBER.removeprefix("+1")


def apart(case: Case, place: int) -> Case:
    """Return the case with another number and other ids; the same ids stay the same."""
    own: Case = json.loads(json.dumps(case).replace(_DIGITS, f"415556{place:04}"))
    steps = [step | {"body": _ids_apart(step["body"], place)} for step in own["steps"]]
    return own | {"steps": steps}


def _ids_apart(value: Any, place: int) -> Any:
    if isinstance(value, list):
        return [_ids_apart(one, place) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _own_id(one, place) if name in _IDS else _ids_apart(one, place)
        for name, one in value.items()
    }


def _own_id(value: Any, place: int) -> Any:
    """Return an id of the same type and white space; digits stay digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return value
    text = str(value)
    own = text.replace(text.strip(), f"{1000 + place}{text.strip()}")
    return own if isinstance(value, str) else type(value)(own)
