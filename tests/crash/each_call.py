"""Parametrizes a test over calls and faults."""

from collections.abc import Callable, Iterable

import pytest

from tests.support.faults import Call, faults_of, name_of, wired_clients


def with_each_fault(metafunc: pytest.Metafunc, calls: Callable[[], Iterable[Call]]) -> None:
    """Let a test that takes `where` and `fault` run for each fault of each call."""
    if "where" not in metafunc.fixturenames:
        return
    with wired_clients():
        pairs = [(one, fault) for one in calls() for fault in faults_of(one.operation)]
    names = [f"{one} {name_of(fault)}" for one, fault in pairs]
    metafunc.parametrize(("where", "fault"), pairs, ids=names)
