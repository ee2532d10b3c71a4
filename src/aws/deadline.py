"""The time in which an answer must leave, and whether one more AWS call still fits into it."""

from collections.abc import Callable

from aws.limits import CALL_SECONDS
from errors import OutOfTime

# JustCall gives up at 10 seconds [specification]; two are left for the network and API Gateway.
ANSWER_SECONDS = 8.0


class Deadline:
    """Counts from its making on a steady clock, in seconds."""

    def __init__(self, clock: Callable[[], float], seconds: float = ANSWER_SECONDS) -> None:
        self._clock = clock
        self._started = clock()
        self._seconds = seconds

    def now(self) -> float:
        """Return the steady clock's time."""
        return self._clock()

    def elapsed(self) -> float:
        """Return the seconds since the request came."""
        return self._clock() - self._started

    def allows_call(self) -> bool:
        """Tell whether an AWS call that hangs until its last time-out would still end in time."""
        return self.elapsed() + CALL_SECONDS <= self._seconds

    def require_call(self) -> None:
        """Raise OutOfTime unless one more AWS call fits."""
        if not self.allows_call():
            raise OutOfTime
