"""Decide which open events are lost and which only wait. Pure: no I/O and no clock.

"Still received" does not mean "never sent": the queue may be long.

- If the queue is empty, an event that was last sent over 90 seconds ago is in no queue. It is lost.
- If the queue holds messages, the event may be one of them. If it was last sent over 15 minutes
  ago, it is in doubt and sent again. At most 10 events, or 1 % of the backlog, are in doubt at one
  time. An event is in doubt while it is open and was sent again, so the open items hold that count.

Sending an event twice is safe, because the second message is a no-op. The limit keeps the sweeper
from doubling a backlog (docs/decisions/0014-sweeper-without-markers.md).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.sweeping import OpenEvent

# How long an event may be open before its first resend; each resend doubles that. With the minute
# until the next run, a lost event in an empty queue waits under three minutes.
PATIENCE_SECONDS = 90.0
# The last resend comes 6.4 hours after the first send; the event is stuck 6.4 hours later.
MAX_SWEEPS = 8
DOUBT_SECONDS = 900.0
MAX_A_RUN = 500
_MIN_DOUBT_LIMIT = 10


class Verdict(NamedTuple):
    """The events of one kind to send again, and those to give up."""

    resend: Sequence[OpenEvent]
    stuck: Sequence[OpenEvent]


def judge(events: Iterable[OpenEvent], waiting: int, now: float) -> Verdict:
    """Return the verdict on the open events of one kind, with about `waiting` in its queue."""
    oldest_first = sorted(events, key=lambda event: event.sent_at)
    due = [event for event in oldest_first if now - event.sent_at >= patience(event.sweeps)]
    stuck = [event for event in due if event.sweeps >= MAX_SWEEPS]
    due = [event for event in due if event.sweeps < MAX_SWEEPS]
    if waiting == 0:
        return Verdict(due[:MAX_A_RUN], stuck)
    old = [event for event in due if now - event.sent_at >= DOUBT_SECONDS]
    # Events that are in doubt already do not count again.
    again = [event for event in old if event.sweeps]
    in_doubt = sum(1 for event in oldest_first if event.sweeps)
    room = max(0, doubt_limit(waiting) - in_doubt)
    new = [event for event in old if not event.sweeps][:room]
    return Verdict([*again, *new][:MAX_A_RUN], stuck)


def patience(sweeps: int) -> float:
    """Return the seconds to wait after the last send of an event with `sweeps` resends."""
    return PATIENCE_SECONDS * 2.0**sweeps


def doubt_limit(waiting: int) -> int:
    """Return how many events may be in doubt at one time."""
    return max(_MIN_DOUBT_LIMIT, waiting // 100)
