"""The state machine of a world, and how its histories are run."""

from collections import Counter
from contextlib import ExitStack
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.support.faults import Call, Fault, Small, World, name_of, world

type Trouble = tuple[int, Fault] | None


class WorldMachine(RuleBasedStateMachine):
    """One deployment, open until `teardown`, where a subclass looks at what must hold in the end."""

    seen: ClassVar[Counter[str]]  # what happened in all histories of a run, faults by name

    def __init_subclass__(cls) -> None:
        cls.seen = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self.world: World = self._open.enter_context(world())
        assert isinstance(self.world.backend, Small)
        self.cloud = self.world.backend
        self._fault: Fault | None = None

    def _trouble(self, actor: str, trouble: Trouble) -> None:
        """Let the actor's n-th call from now, if there is one, meet a fault."""
        wire, self._fault = self.world.wire, trouble and trouble[1]
        wire.struck.clear()
        begun = len(wire.calls)

        def standing(one: Call) -> Fault | None:
            if trouble is None or one.actor != actor:
                return None
            return trouble[1] if wire.calls[begun:].index(one) == trouble[0] else None

        wire.standing = standing

    def _calm(self) -> bool:
        """Tell whether nothing was struck; ends the trouble."""
        wire = self.world.wire
        wire.standing = lambda _call: None
        if wire.struck and self._fault:
            self.seen[name_of(self._fault)] += 1
        return not wire.struck


def run(
    machine: type[WorldMachine], steps: int, *phases: Phase, usual: int, most: int
) -> Counter[str]:
    """Take so many steps, at most `most` a history and usually `usual`; return what was seen."""
    machine.seen.clear()
    run_state_machine_as_test(
        machine,
        settings=settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=steps // usual + 1,
            stateful_step_count=most,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return machine.seen
