"""Several processes at once: every order in which their AWS calls can happen, one after the other.

Each process runs in a thread, and exactly one of them runs at any time: from one of its calls to
the next. `explore` plays a story once for each order, by depth-first search over the choices.
"""

import threading
from collections.abc import Callable, Mapping

from tests.support.faults import Call, World

_PATIENCE_SECONDS = 60.0


class Choices:
    """The choices of one play: those that are given, then always the first."""

    def __init__(self, given: list[int]) -> None:
        self._given = given
        self.taken: list[tuple[int, int]] = []

    def pick(self, options: int) -> int:
        position = len(self.taken)
        choice = self._given[position] if position < len(self._given) else 0
        self.taken.append((choice, options))
        return choice

    def next(self) -> list[int] | None:
        """Return what to give to the next play, None if this was the last."""
        path = list(self.taken)
        while path and path[-1][0] == path[-1][1] - 1:
            path.pop()
        return [*(choice for choice, _ in path[:-1]), path[-1][0] + 1] if path else None


def explore(play: Callable[[Choices], object]) -> int:
    """Play in every order; return how many there were."""
    plays = 0
    given: list[int] = []
    while True:
        choices = Choices(given)
        play(choices)
        plays += 1
        following = choices.next()
        if following is None:
            return plays
        given = following


def together(
    world: World,
    choices: Choices,
    actors: Mapping[str, Callable[[], object]],
    passes: Callable[[Call, str], bool] = lambda _call, _body: False,
) -> None:
    """Let the actors act at once, in one order of their calls.

    `passes` tells of calls that touch nothing of what the others touch: they are no choice, for
    every order of them is the same.
    """
    stage = _Stage(actors, passes)
    world.wire.gate = stage.gate
    try:
        stage.play(choices)
    finally:
        world.wire.gate = None
    if stage.errors:
        raise stage.errors[0]


class _Stage:
    """The actors' threads, of which one runs at a time."""

    def __init__(
        self, actors: Mapping[str, Callable[[], object]], passes: Callable[[Call, str], bool]
    ) -> None:
        self.errors: list[BaseException] = []
        self._actors = actors
        self._passes = passes
        self._mine = threading.local()
        self._turns = {name: threading.Semaphore(0) for name in actors}
        self._back = threading.Semaphore(0)
        self._done: list[str] = []

    def play(self, choices: Choices) -> None:
        threads = [threading.Thread(target=self._run, args=(one,)) for one in self._actors]
        for thread in threads:
            thread.daemon = True
            thread.start()
        for name in self._actors:
            self._step(name)  # up to its first call
        while waiting := [name for name in self._actors if name not in self._done]:
            self._step(waiting[choices.pick(len(waiting))] if len(waiting) > 1 else waiting[0])
        for thread in threads:
            thread.join(_PATIENCE_SECONDS)

    def gate(self, call: Call, body: str) -> None:
        """Wait, in an actor's thread, until it is its turn to make a call."""
        if not self._passes(call, body):
            self._back.release()
            self._wait()

    def _run(self, name: str) -> None:
        self._mine.name = name
        self._wait()
        try:
            self._actors[name]()
        except BaseException as error:  # noqa: BLE001  # raised again in the test's own thread
            self.errors.append(error)
        self._done.append(name)
        self._back.release()

    def _wait(self) -> None:
        assert self._turns[self._mine.name].acquire(timeout=_PATIENCE_SECONDS)

    def _step(self, name: str) -> None:
        self._turns[name].release()
        assert self._back.acquire(timeout=_PATIENCE_SECONDS)
