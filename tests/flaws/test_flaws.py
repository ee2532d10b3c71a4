"""Each planted flaw makes the test that the table names fail."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.flaws import planting
from tests.flaws.planting import Run
from tests.flaws.table import FLAWS, Flaw

# A small machine has two processors.
_AT_ONCE = 2
# Stands for a test without parameters.
_NONE = SimpleNamespace(params={})


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planting.compiled(tmp_path_factory.mktemp("untouched"))


@pytest.fixture(scope="session")
def untouched(code: Path) -> Run:
    return planting.run(code, sorted({flaw.test for flaw in FLAWS}))


@pytest.fixture(scope="session")
def planted(
    code: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[Flaw], Run]]:
    """Return a function that waits for the run of a flaw; the runs are concurrent."""

    def one(flaw: Flaw) -> Run:
        changed = planting.copy(code, tmp_path_factory.mktemp(flaw.name))
        planting.plant(flaw, changed)
        return planting.run(changed, [flaw.test], "-x")

    wanted: dict[str, Flaw] = {
        flaw.name: flaw
        for item in request.session.items
        if isinstance(flaw := getattr(item, "callspec", _NONE).params.get("flaw"), Flaw)
    }
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        runs: dict[str, Future[Run]] = {
            name: pool.submit(one, flaw) for name, flaw in wanted.items()
        }
        yield lambda flaw: runs[flaw.name].result()


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_flaw_turns_its_test_red(flaw: Flaw, planted: Callable[[Flaw], Run]) -> None:
    """The named test fails; an error in a fixture or at collection does not count."""
    ran = planted(flaw)
    assert (ran.code, ran.errors) == (1, 0), ran.output
    assert ran.failed == 1, ran.output


def test_without_a_flaw_the_same_tests_are_green(untouched: Run) -> None:
    """The flaw causes the failure: on an unchanged copy all named tests pass."""
    assert untouched.code == 0, untouched.output
