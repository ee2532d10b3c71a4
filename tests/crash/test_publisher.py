"""Publishing, with a fault at every AWS call: what is committed is published, and nothing else."""

import pytest

from tests.crash.each_call import with_each_fault
from tests.support.faults import (
    Call,
    Fault,
    World,
    died_before,
    world,
)
from tests.support.promise import call, contents, key_of, sms, surprises, update

BODIES = (call("c1"), update("c1"), sms("m1"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    with_each_fault(metafunc, calls)


def commit(made: World) -> None:
    """Let three events become processed, two of them of one call."""
    for body in BODIES:
        made.deliver(body, actor="first")
    made.settle()


def publish(made: World) -> None:
    """Let the publisher run until the stream is read, as Lambda repeats a batch."""
    for _ in range(5):
        if made.publish():
            return
        made.clock.now += 1
    pytest.fail("the batch never succeeds")


def calls() -> list[Call]:
    """Return the publisher's calls when nothing fails."""
    with world() as made:
        commit(made)
        publish(made)
        return [one for one in made.wire.calls if one.actor == "publisher"]


def assert_published(made: World) -> None:
    """Assert that the processed events are on the bus, and that the call came whole."""
    ledger = contents(made.backend.items()).ledger
    processed = {key for key, item in ledger.items() if item["status"]["S"] == "processed"}
    published = made.published()
    assert {one["data"]["event"]["key"] for one in published} == processed
    assert processed == set(map(key_of, BODIES))
    last = max((one["data"]["call"] for one in published if "call" in one["data"]), key=revision)
    assert {one["key"] for one in last["events"]} == {key_of(call("c1")), key_of(update("c1"))}
    by_id: dict[str, object] = {}
    for one in published:
        assert by_id.setdefault(one["id"], one) == one, "one id, two contents"


def revision(whole: dict[str, int]) -> int:
    return whole["revision"]


def test_committed_is_published_whatever_fails(where: Call, fault: Fault) -> None:
    with world() as made:
        commit(made)
        made.wire.plan[where] = fault
        publish(made)
        assert where in made.wire.struck
        assert_published(made)
        assert surprises(made) == []


def test_nothing_is_published_before_it_is_committed() -> None:
    """The processor dies before its step: the stream has nothing for the publisher."""
    with world() as made:
        made.deliver(call("c1"), actor="first")
        made.wire.plan[Call("processor", "UpdateItem", 1)] = died_before
        made.poll("call.completed")
        assert made.publish()
        assert made.published() == []
        made.settle()
        publish(made)
        assert [one["data"]["event"]["key"] for one in made.published()] == [key_of(call("c1"))]
