"""Each case ends right, without AWS."""

import pytest

from tests.cases.neighbours import FURTHER, NEIGHBOURS, parameters
from tests.cases.pure import PureWorld
from tests.cases.runner import CASES, Case, run


@pytest.mark.parametrize("case", parameters([*CASES, *NEIGHBOURS, *FURTHER]))
def test_case(case: Case) -> None:
    """The entry, its place, its time and the contact's consent are right."""
    run(case, PureWorld())
