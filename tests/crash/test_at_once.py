"""Two of us at once: every order of their AWS calls, with nothing and with anything failing."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import pytest

from justcall.envelope import URL_SIGNED
from justcall.event import RECEIVED
from ledger import schema
from tests.crash.stories import KEY, KIND, lose, status
from tests.support.faults import (
    Call,
    Fault,
    World,
    answers_lost,
    died_after,
    died_before,
    faults_of,
    name_of,
    retried,
    timed_out,
    wired_clients,
    world,
)
from tests.support.interleaving import Choices, explore, together
from tests.support.promise import OPT_IN, OPT_OUT, assert_kept, breaches, call

CELL = f'"{schema.cell(RECEIVED, KEY, "")}"'
DEATHS: tuple[Fault, ...] = (died_before, died_after)
SOME: tuple[Fault, ...] = (*DEATHS, answers_lost, retried, timed_out)

SWEEPERS = ("sweeper", "sweeper two")
SECOND = ("two", "sweeper two")

type Actors = Mapping[str, Callable[[], object]]


class Scene(NamedTuple):
    """Two actors, what was before them, and what may fail while they act."""

    before: Callable[[World], None]
    actors: Callable[[World], Actors]
    faults: tuple[Fault, ...] | None  # None: all that can happen to a call
    coarse: bool = False  # only the writes of a sweeper are choices
    # Both actors do the same, so a failure of the second, in every order, is one of the first.
    same: bool = False


def nothing(made: World) -> None:
    """Nothing was before."""


def warm(made: World) -> None:
    """Both processes know the secrets."""
    for actor in ("one", "two"):
        made.deliver(b'{"event": "x", "data": null}', actor=actor)


def lost_for(seconds: float) -> Callable[[World], None]:
    def before(made: World) -> None:
        warm(made)
        made.poll_all()
        lose(made, call())
        made.clock.now += seconds

    return before


def kept(made: World) -> None:
    made.deliver(call(), actor="first")


def waiting(made: World) -> None:
    """It waits in its queue for so long that the sweeper looks at it."""
    kept(made)
    made.clock.now += 100


def forgotten(made: World) -> None:
    """The table was restored; the message is still there."""
    kept(made)
    for item in made.backend.items():
        made.backend.remove(item)


def last_receive(made: World) -> None:
    kept(made)
    for _ in range(4):
        for one in made.backend.receive(KIND):
            made.backend.hide(KIND, one, 0)


def copies(made: World) -> Actors:
    return {name: partial(made.deliver, call(), actor=name) for name in ("one", "two")}


def conflict(made: World) -> Actors:
    return {
        "one": lambda: made.deliver(call(), actor="one"),
        "two": lambda: made.deliver(call(duration=1), actor="two"),
    }


def delivery_and_sweeper(made: World) -> Actors:
    return {
        "one": lambda: made.deliver(call(), actor="one"),
        "sweeper": made.sweep,
    }


def sweepers(made: World) -> Actors:
    return {name: partial(made.sweep, actor=name) for name in SWEEPERS}


def processors(made: World) -> Actors:
    """One message in two processors: its visibility timeout ended, or SQS gave it out twice."""
    [message] = made.backend.receive(KIND)
    return {name: partial(made.work, KIND, [message], actor=name) for name in ("one", "two")}


def processor_and_sweeper(made: World) -> Actors:
    return {"one": lambda: made.poll(KIND, actor="one"), "sweeper": made.sweep}


def processor_and_delivery(made: World) -> Actors:
    made.deliver(call(), actor="first")  # the sweeper or a sender sent it, 30 seconds ago
    [*messages] = made.backend.receive(KIND)
    return {
        "one": lambda: made.work(KIND, messages, actor="one"),
        "two": lambda: made.deliver(call(), actor="two"),
    }


def take_over(made: World) -> Actors:
    return {
        "one": lambda: made.deliver(call(), actor="one"),
        "two": lambda: made.deliver(call(duration=1), actor="two", dialect=URL_SIGNED),
    }


def two_take_overs(made: World) -> Actors:
    made.deliver(call(duration=2), actor="first", dialect=URL_SIGNED)
    return conflict(made)


def processor_and_take_over(made: World) -> Actors:
    made.deliver(call(duration=1), actor="first", dialect=URL_SIGNED)
    return {
        "one": lambda: made.poll(KIND, actor="one"),
        "two": lambda: made.deliver(call(), actor="two"),
    }


def processor_and_conflict(made: World) -> Actors:
    return {
        "one": lambda: made.poll(KIND, actor="one"),
        "two": lambda: made.deliver(call(duration=1), actor="two"),
    }


def opt_out_and_in(made: World) -> None:
    """Two events of one second disagree; the restrictive one must win."""
    kept(made)
    for body in (OPT_IN, OPT_OUT):
        made.deliver(body, actor="first")


def consents(made: World) -> Actors:
    made.poll(KIND, actor="first")
    one, two = made.backend.receive("consent.changed")
    return {
        "one": lambda: made.work("consent.changed", [one], actor="one"),
        "two": lambda: made.work("consent.changed", [two], actor="two"),
    }


SCENES: dict[str, Scene] = {
    "two copies, cold": Scene(nothing, copies, ()),
    "two copies": Scene(warm, copies, None, same=True),
    "two copies of what was lost": Scene(lost_for(40), copies, SOME, same=True),
    "a conflict": Scene(warm, conflict, None),
    "a conflict of what was lost": Scene(lost_for(40), conflict, SOME),
    "two dialects": Scene(warm, take_over, None),
    "two take-overs": Scene(warm, two_take_overs, SOME),
    "a processor and a take-over": Scene(warm, processor_and_take_over, SOME),
    "a delivery and the sweeper": Scene(lost_for(100), delivery_and_sweeper, ()),
    "a delivery and the sweeper's writes": Scene(
        lost_for(100), delivery_and_sweeper, SOME, coarse=True
    ),
    "two sweepers": Scene(lost_for(100), sweepers, (), coarse=True),
    "two sweepers that fail": Scene(lost_for(100), sweepers, SOME, coarse=True, same=True),
    "two processors": Scene(kept, processors, None, same=True),
    "two processors, nothing on the ledger": Scene(forgotten, processors, SOME, same=True),
    "two processors, last receive": Scene(last_receive, processors, None, same=True),
    "a processor and the sweeper": Scene(waiting, processor_and_sweeper, DEATHS),
    "a processor and a delivery": Scene(lost_for(40), processor_and_delivery, SOME),
    "a processor and a conflict": Scene(kept, processor_and_conflict, SOME),
    "an opt-in and an opt-out": Scene(opt_out_and_in, consents, SOME),
}


def passes(scene: Scene) -> Callable[[Call, str], bool]:
    """Return which of a sweeper's calls touch nothing that the other actor touches."""

    def elsewhere(one: Call, body: str) -> bool:
        if one.actor not in SWEEPERS:
            return False
        if scene.coarse:
            return one.operation not in ("UpdateItem", "SendMessage")
        if one.operation == "Query":
            return not (KEY in body or CELL in body)
        return "call_completed" not in body and KEY not in body

    return elsewhere


def play(scene: Scene, choices: Choices, failing: Call | None, fault: Fault | None) -> list[Call]:
    """Play a scene in one order; return the calls that the two made."""
    with world() as made:
        scene.before(made)
        actors = scene.actors(made)
        if "forgotten" not in scene.before.__name__:
            made.watch = watch
        begun = len(made.wire.calls)
        if failing and fault:
            made.wire.plan[failing] = fault
        together(made, choices, actors, passes(scene))
        calls = made.wire.calls[begun:]
        finish(made)
        return calls


def watch(made: World) -> None:
    if made.wire.gate is None:  # the other actor is no step of its way
        assert breaches(made) == []


def finish(made: World) -> None:
    """Let the senders come back until they are told 200, and everything else come to its end."""
    made.wire.plan.clear()
    last = {(one.body, one.dialect): one for one in made.deliveries}
    for one in [one for one in last.values() if one.status != 200]:
        made.clock.now += 60
        made.deliver_until_taken(one.body, actor="later", dialect=one.dialect)
    made.settle(sweeps=False)
    assert_kept(made)
    assert status(made, KEY) == "processed"


def fails(scene: Scene, one: Call) -> bool:
    """Tell whether a call's failures are played: a sweeper's reads and mirror images are not."""
    if one.actor in SWEEPERS and one.operation not in ("UpdateItem", "SendMessage"):
        return False
    return not (scene.same and one.actor in SECOND)


def failures() -> Iterator[tuple[str, Call | None, Fault | None]]:
    """Yield each scene without a failure, and with each failure that can meet one of its calls."""
    for name, scene in SCENES.items():
        yield name, None, None
        found: dict[Call, None] = {}

        def look(choices: Choices, scene: Scene = scene, found: dict[Call, None] = found) -> None:
            found.update(dict.fromkeys(play(scene, choices, None, None)))

        if scene.faults != ():
            explore(look)
        for one in (one for one in found if fails(scene, one)):
            for fault in faults_of(one.operation):
                if scene.faults is None or fault in scene.faults:
                    yield name, one, fault


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    with wired_clients():
        found = list(failures())
    ids = [
        f"{name}: {one} {name_of(fault)}" if one and fault else name for name, one, fault in found
    ]
    metafunc.parametrize(("name", "failing", "fault"), found, ids=ids)


def test_every_order(name: str, failing: Call | None, fault: Fault | None) -> None:
    """Whoever comes first, and whatever fails, each event is kept and acted on once."""
    scene = SCENES[name]
    orders = explore(lambda choices: play(scene, choices, failing, fault))
    assert orders > 1 or failing
