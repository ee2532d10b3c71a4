"""Is an open event lost, or does it only wait? Pure: open events in, a verdict out.

"Still received" does not mean "never sent": the queue may be long.

- If the queue is empty, an event that is still open after 90 seconds is in no queue: it is lost.
- If the queue holds messages, an event may wait in it. After 15 minutes a few are sent again in
  doubt: at most 10 events, or 1 % of the backlog, are in doubt at one time. An event that was sent
  again and is still open is in doubt, so the open items themselves hold that count.

Sending an event twice is safe, because the processor acts once; the limit keeps the sweeper from
doubling a backlog.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.sweeping import OpenEvent

# Each sweep doubles the patience with an event. A lost event in an empty queue waits this long and
# then up to a minute for the sweeper: under three minutes.
PATIENCE_SECONDS = 90.0
# After so many sweeps, six and a half hours, an event is stuck.
MAX_SWEEPS = 8
DOUBT_SECONDS = 900.0
MAX_A_RUN = 500
_MIN_DOUBT_LIMIT = 10


class Verdict(NamedTuple):
    """What to do with one kind's open events."""

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
    # Those in doubt already add no new doubt when their patience ends once more.
    again = [event for event in old if event.sweeps]
    in_doubt = sum(1 for event in oldest_first if event.sweeps)
    room = max(0, doubt_limit(waiting) - in_doubt)
    new = [event for event in old if not event.sweeps][:room]
    return Verdict([*again, *new][:MAX_A_RUN], stuck)


def patience(sweeps: int) -> float:
    """Return for how many seconds an event that was sent again so often is left alone."""
    return PATIENCE_SECONDS * 2.0**sweeps


def doubt_limit(waiting: int) -> int:
    """Return how many events may be in doubt at one time."""
    return max(_MIN_DOUBT_LIMIT, waiting // 100)
