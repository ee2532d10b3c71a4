"""The time in which an answer must leave, and whether one more AWS call still fits into it."""

from collections.abc import Callable

from aws.limits import CALL_SECONDS
from errors import OutOfTime

# JustCall gives up at 10 seconds [specification]; two are left for the network and API Gateway.
ANSWER_SECONDS = 8.0
# The same, counted from API Gateway's receipt: half a second is left for the network.
TOTAL_SECONDS = 9.5
# A sender that got no answer for so long has gone: no answer is late for it, and storing its event
# can only help. It may also be a wrong clock, or a recorded request.
SENDER_SECONDS = 10.0


class Deadline:
    """Counts from its making on a steady clock, in seconds.

    `waited` is how long the request was on its way before; it counts while the sender listens.
    """

    def __init__(
        self, clock: Callable[[], float], seconds: float = ANSWER_SECONDS, waited: float = 0.0
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._seconds = seconds
        if waited < SENDER_SECONDS:
            self._seconds = min(seconds, TOTAL_SECONDS - waited)
        self.waited = waited

    def now(self) -> float:
        """Return the steady clock's time."""
        return self._clock()

    def elapsed(self) -> float:
        """Return the seconds since our code got the request."""
        return self._clock() - self._started

    def allows_call(self) -> bool:
        """Tell whether an AWS call that hangs until its last time-out would still end in time."""
        return self.elapsed() + CALL_SECONDS <= self._seconds

    def require_call(self) -> None:
        """Raise OutOfTime unless one more AWS call fits."""
        if not self.allows_call():
            raise OutOfTime


class Waiting:
    """Measures how long requests wait between API Gateway and our code, in one process.

    Each end has its own clock. The shortest wait so far is subtracted from each later one, so a
    constant difference of the clocks affects the first request of a process and no other.
    """

    def __init__(self) -> None:
        self._shortest: float | None = None

    def seconds(self, now: float, received_at: float) -> float:
        """Return how long a request waited that API Gateway received at `received_at`."""
        wait = now - received_at
        if abs(wait) >= SENDER_SECONDS:
            return max(0.0, wait)
        known = self._shortest
        self._shortest = wait if known is None else min(known, wait)
        return max(0.0, wait - (known or 0.0))
