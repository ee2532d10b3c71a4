"""The short form of `make chaos`: everything breaks under load, and nothing acknowledged is lost."""

import shutil

import pytest

from chaos.__main__ import QUICK, table
from chaos.deployment import own_place
from chaos.run import Result, run
from tests.e2e.conftest import Stack


@pytest.fixture(scope="module")
def result(stack: Stack) -> Result:
    """Run in a stack of its own, built from the build cache of the other tests' stack."""
    with own_place() as place:
        shutil.copytree(stack.place.home / "build-cache", place.home / "build-cache")
        shutil.copy(stack.place.home / "build.toml", place.home)
        return run(place, QUICK, print)


def test_every_acknowledged_event_is_processed_once(result: Result) -> None:
    assert not result.breaches, table(result)
    assert result.figures["acknowledged events"] > QUICK.events * 0.9


def test_every_disaster_happened_and_faults_were_injected(result: Result) -> None:
    # Publishers and senders may not have run for long enough to be killed in the short form.
    functions = {"handler killed", "processor killed"}
    assert functions | {"MiniStack frozen", "MiniStack killed"} <= set(result.disasters)
    assert sum(result.faults.values()) > 50
    assert result.figures["deliveries"] > QUICK.events
    assert result.figures["answers 401"]
    assert result.figures["dead letters, poison"]
    assert result.figures["deliveries owed to destinations"] > QUICK.events
    assert result.figures["attempts that a destination refused"]
