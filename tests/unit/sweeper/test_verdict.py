"""Lost is told from waiting, and a backlog is never amplified."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sweeping import OpenEvent, State
from sweeper.verdict import (
    DOUBT_SECONDS,
    MARGIN_SECONDS,
    MARKER_PATIENCE_SECONDS,
    MOST_A_RUN,
    MOST_SWEEPS,
    PATIENCE_SECONDS,
    judge,
    patience,
)

NOW = 1_773_326_400.0
MINUTE = 60.0


def event(age: float, *, sweeps: int = 0, attempts: int = 0, key: str = "a") -> OpenEvent:
    """Return an open event that was sent `age` seconds ago."""
    return OpenEvent(key, "call.completed", NOW - age, NOW - age, sweeps, attempts)


def many(number: int, age: float) -> list[OpenEvent]:
    return [event(age, key=str(one)) for one in range(number)]


def passed(ago: float) -> State:
    """Return the state after a marker came out that was sent `ago` seconds ago."""
    return State(marker_sent_at=NOW - ago, marker_passed_at=NOW - ago)


def test_a_quiet_queue_holds_nothing_so_what_is_open_is_lost() -> None:
    """It is sent again at once, without any marker."""
    lost = event(PATIENCE_SECONDS)
    verdict = judge([lost], 0, State(), NOW)
    assert verdict.resend == [lost]
    assert not verdict.wants_marker


def test_a_lost_event_in_a_quiet_queue_is_sent_again_within_three_minutes() -> None:
    """Its patience and the minute until the next run, with half a minute to spare."""
    assert PATIENCE_SECONDS + MINUTE <= 2.5 * MINUTE


@pytest.mark.parametrize("sweeps", range(MOST_SWEEPS))
def test_each_sweep_doubles_the_patience(sweeps: int) -> None:
    """An event that was sent again is left alone twice as long, quiet queue or not."""
    assert patience(sweeps + 1) == 2 * patience(sweeps)
    assert judge([event(patience(sweeps) - 1, sweeps=sweeps)], 0, State(), NOW).resend == []
    assert judge([event(patience(sweeps), sweeps=sweeps)], 0, State(), NOW).resend != []


@pytest.mark.parametrize("waiting", [0, 5])
def test_at_the_end_an_event_is_stuck(waiting: int) -> None:
    """What was sent again in vain so often is given up, and not sent once more."""
    hopeless = event(patience(MOST_SWEEPS), sweeps=MOST_SWEEPS)
    verdict = judge([hopeless], waiting, State(), NOW)
    assert (verdict.resend, verdict.stuck) == ([], [hopeless])


def test_in_a_busy_queue_a_marker_decides() -> None:
    """The first look sends a marker and nothing else; when it has come out, the event is lost."""
    lost = event(PATIENCE_SECONDS)
    first = judge([lost], 5, State(), NOW)
    assert (first.resend, first.wants_marker) == ([], True)
    out = State(marker_sent_at=NOW)
    waiting = judge([lost], 5, out, NOW + MINUTE)
    assert (waiting.resend, waiting.wants_marker) == ([], False)
    assert judge([lost], 5, State(NOW, NOW), NOW + MINUTE).resend == [lost]


def test_a_marker_proves_nothing_of_what_was_sent_just_before_it() -> None:
    """SQS keeps the order about, not exactly."""
    age = PATIENCE_SECONDS
    assert judge([event(age)], 1, passed(age - MARGIN_SECONDS + 1), NOW).resend == []
    assert judge([event(age)], 1, passed(age - MARGIN_SECONDS), NOW).resend != []


def test_a_record_that_failed_is_not_lost() -> None:
    """It is invisible until its next try, and markers overtake it."""
    retried = event(200, attempts=1)
    assert judge([retried], 1, passed(0), NOW).resend == []
    assert judge([retried], 0, passed(0), NOW).resend == [retried]


def test_a_lost_marker_is_sent_again() -> None:
    """Markers travel like events and can be lost like them."""
    out = State(marker_sent_at=NOW - MARKER_PATIENCE_SECONDS)
    assert judge([event(700)], 5, out, NOW).wants_marker
    assert not judge([event(700)], 5, out._replace(marker_sent_at=NOW - 1), NOW).wants_marker


def test_in_a_queue_that_is_never_quiet_a_lost_event_goes_out_within_twenty_minutes() -> None:
    """Even if no marker ever comes out of it: the oldest first, in doubt."""
    assert DOUBT_SECONDS + 2 * MINUTE <= 20 * MINUTE
    lost = event(DOUBT_SECONDS, key="lost")
    blocked = State(marker_sent_at=NOW - 1)
    assert judge([event(10), lost], 3, blocked, NOW).resend == [lost]
    assert judge([event(DOUBT_SECONDS - 1)], 3, blocked, NOW).resend == []


@pytest.mark.parametrize("markers", ["none comes out", "each overtakes everything"])
def test_a_backlog_is_not_amplified(markers: str) -> None:
    """10,000 events that wait for six hours: at most 1 % of them are sent again."""
    events = many(10_000, PATIENCE_SECONDS)
    waiting, state, resent = len(events), State(), 0
    for minute in range(6 * 60):
        now = NOW + minute * MINUTE
        verdict = judge(events, waiting, state, now)
        state = verdict.state
        if verdict.wants_marker:
            state = state._replace(marker_sent_at=now)
            if markers != "none comes out":
                state = state._replace(marker_passed_at=now)
        taken = {one.key for one in verdict.resend}
        events = [
            one._replace(sent_at=now, sweeps=one.sweeps + 1) if one.key in taken else one
            for one in events
        ]
        resent += len(taken)
        waiting += len(taken)
    assert 0 < resent <= 100


def test_what_is_proven_is_not_held_back() -> None:
    """1,000 lost events in a queue of 20 go out at the bound of a run, not at 1 % of 20."""
    assert len(judge(many(1_000, 200), 20, passed(0), NOW).resend) == MOST_A_RUN


ages = st.floats(0, 100_000)
events = st.lists(
    st.builds(event, ages, sweeps=st.integers(0, 9), attempts=st.integers(0, 2)), max_size=30
)
states = st.builds(
    State, ages.map(lambda a: NOW - a), ages.map(lambda a: NOW - a), st.integers(0, 200)
)


@given(events, st.integers(0, 50), states)
def test_any_verdict(opened: list[OpenEvent], waiting: int, state: State) -> None:
    """Only what is due is touched, the oldest first, each at most once, and never both ways."""
    verdict = judge(opened, waiting, state, NOW)
    for one in (*verdict.resend, *verdict.stuck):
        assert NOW - one.sent_at >= patience(one.sweeps)
    assert all(one.sweeps < MOST_SWEEPS for one in verdict.resend)
    assert all(one.sweeps >= MOST_SWEEPS for one in verdict.stuck)
    assert len({id(one) for one in verdict.resend}) == len(verdict.resend) <= MOST_A_RUN
    if waiting == 0:
        assert all(a.sent_at <= b.sent_at for a, b in pairwise(verdict.resend))


def test_the_oldest_goes_first_whatever_its_key() -> None:
    """The order is that of the times at which events were sent."""
    young, old = event(100, key="a"), event(200, key="b")
    assert judge([young, old], 0, State(), NOW) == ([old, young], [], False, State())


def test_in_a_busy_queue_nothing_due_is_nothing_to_do() -> None:
    """No marker is needed, the doubts are over, and what is known of markers stays known."""
    state = State(marker_sent_at=NOW - 30, marker_passed_at=NOW - 90, in_doubt=3)
    verdict = judge([event(10)], 5, state, NOW)
    assert verdict == ([], [], False, state._replace(in_doubt=0))


@pytest.mark.parametrize(
    ("opened", "waiting", "resent", "in_doubt"),
    [(1, 5, 1, 1), (30, 20, 20, 10), (30, 25, 15, 10), (30, 31, 10, 10)],
)
def test_no_more_is_proven_than_the_queue_can_lack(
    opened: int, waiting: int, resent: int, in_doubt: int
) -> None:
    """Open events more than messages are lost; of the others some are sent again in doubt."""
    verdict = judge(many(opened, 300), waiting, passed(100), NOW)
    assert (len(verdict.resend), verdict.state.in_doubt) == (resent, in_doubt)


@pytest.mark.parametrize(
    ("waiting", "before", "resent"),
    [(5, 0, 10), (5, 4, 6), (5, 10, 0), (1500, 5, 9), (1505, 5, 10), (1414, 0, 14)],
)
def test_what_was_sent_in_doubt_counts(waiting: int, before: int, resent: int) -> None:
    """It is in the queue too: the hundredth part is of what was there without it."""
    state = State(marker_sent_at=NOW - 30, in_doubt=before)
    verdict = judge(many(40, DOUBT_SECONDS), waiting, state, NOW)
    assert (len(verdict.resend), verdict.state.in_doubt) == (resent, before + resent)
