"""Is an open event lost, or only waiting? Pure: what is known in, a verdict out.

"Still received" does not mean "never sent": the queue may just be long. A lost event is told from
a waiting one by what its queue shows:

- The queue is *quiet* (it holds nothing): whatever is still open is in no queue.
- A *marker* that was sent after the event came out at the other end: the event would have come out
  before it. SQS keeps the order only about; so no more are taken for lost than there are open
  events more than messages in the queue.
- Neither, for a quarter of an hour: the queue may be blocked, and markers with it. Some are sent
  again in doubt, at most one for each hundred messages that wait, until the queue flows again.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.sweeping import OpenEvent, State

# How long an event may be open before it is looked at; each sweep doubles it.
# A lost event in a quiet queue waits that long, then up to a minute for the sweeper: under three.
PATIENCE_SECONDS = 90.0
# After so many sweeps, six and a half hours, an event is stuck.
MOST_SWEEPS = 8
# SQS keeps the order about, not exactly. A marker proves nothing of what was sent just before it.
MARGIN_SECONDS = 60.0
DOUBT_SECONDS = 900.0
# A marker that does not come out may itself be lost.
MARKER_PATIENCE_SECONDS = 600.0
MOST_A_RUN = 500
_DOUBTS_AT_LEAST = 10


class Verdict(NamedTuple):
    """What to do with one kind's open events; `state` is what the next run is to know."""

    resend: Sequence[OpenEvent]
    stuck: Sequence[OpenEvent]
    wants_marker: bool
    state: State


def judge(events: Iterable[OpenEvent], waiting: int, state: State, now: float) -> Verdict:
    """Return the verdict on the open events of one kind, with about `waiting` in its queue."""
    every = sorted(events, key=lambda event: event.sent_at)
    due = [event for event in every if now - event.sent_at >= patience(event.sweeps)]
    stuck = [event for event in due if event.sweeps >= MOST_SWEEPS]
    due = [event for event in due if event.sweeps < MOST_SWEEPS]
    if waiting == 0:
        return Verdict(due[:MOST_A_RUN], stuck, wants_marker=False, state=State())
    if not due:
        return Verdict([], stuck, wants_marker=False, state=state._replace(in_doubt=0))
    overtaken = [event for event in due if _passed(event, state)]
    proven = overtaken[: min(MOST_A_RUN, max(0, len(every) - waiting))]
    unproven = [event for event in due if not _passed(event, state)]
    old = [event for event in unproven if now - event.sent_at >= DOUBT_SECONDS]
    left = max(0, _doubts(waiting - state.in_doubt) - state.in_doubt)
    doubtful = [*overtaken[len(proven) :], *old][: min(left, MOST_A_RUN - len(proven))]
    silent = not state.marker_is_out or now - state.marker_sent_at >= MARKER_PATIENCE_SECONDS
    return Verdict(
        resend=[*proven, *doubtful],
        stuck=stuck,
        wants_marker=bool(unproven) and silent,
        state=state._replace(in_doubt=state.in_doubt + len(doubtful)),
    )


def patience(sweeps: int) -> float:
    """Return for how many seconds an event that was sent again so often is left alone."""
    return PATIENCE_SECONDS * 2.0**sweeps


def _passed(event: OpenEvent, state: State) -> bool:
    # A record that failed is invisible until its next try, and the marker overtakes it.
    return not event.attempts and event.sent_at + MARGIN_SECONDS <= state.marker_passed_at


def _doubts(waiting: int) -> int:
    return max(_DOUBTS_AT_LEAST, waiting // 100)
