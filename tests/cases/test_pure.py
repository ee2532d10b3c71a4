"""Each case ends right, without AWS."""

import pytest

from tests.cases.neighbours import NEIGHBOURS
from tests.cases.pure import PureWorld
from tests.cases.runner import CASES, Case, run


def _name(case: Case) -> str:
    return f"{case['id']}: {case['situation']}"


@pytest.mark.parametrize("case", [*CASES, *NEIGHBOURS], ids=_name)
def test_case(case: Case) -> None:
    """The entry, its place, its time and the contact's consent are right."""
    run(case, PureWorld())
