"""Lost is told from waiting, and a backlog is never amplified."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sweeping import OpenEvent
from sweeper.verdict import (
    DOUBT_SECONDS,
    MAX_A_RUN,
    MAX_SWEEPS,
    PATIENCE_SECONDS,
    doubt_limit,
    judge,
    patience,
)

NOW = 1_773_326_400.0
MINUTE = 60.0


def event(age: float, *, sweeps: int = 0, key: str = "a") -> OpenEvent:
    """Return an open event that was sent `age` seconds ago."""
    return OpenEvent(key, "call.completed", NOW - age, NOW - age, sweeps)


def many(number: int, age: float, *, sweeps: int = 0, prefix: str = "") -> list[OpenEvent]:
    return [event(age, sweeps=sweeps, key=f"{prefix}{n}") for n in range(number)]


def test_event_that_is_open_while_its_queue_is_empty_is_lost() -> None:
    lost = event(PATIENCE_SECONDS)
    assert judge([lost, event(PATIENCE_SECONDS - 1)], 0, NOW).resend == [lost]


def test_lost_event_in_an_empty_queue_is_sent_within_three_minutes() -> None:
    """Its patience and the minute until the next run."""
    assert PATIENCE_SECONDS + MINUTE <= 2.5 * MINUTE


@pytest.mark.parametrize("sweeps", range(MAX_SWEEPS))
def test_each_sweep_doubles_the_patience(sweeps: int) -> None:
    assert patience(sweeps + 1) == 2 * patience(sweeps)
    assert judge([event(patience(sweeps) - 1, sweeps=sweeps)], 0, NOW).resend == []
    assert judge([event(patience(sweeps), sweeps=sweeps)], 0, NOW).resend != []


@pytest.mark.parametrize("waiting", [0, 5, 100_000])
def test_event_without_a_result_after_all_sweeps_is_stuck(waiting: int) -> None:
    hopeless = event(patience(MAX_SWEEPS), sweeps=MAX_SWEEPS)
    patient = event(patience(MAX_SWEEPS) - 1, sweeps=MAX_SWEEPS)
    assert judge([hopeless, patient], waiting, NOW) == ([], [hopeless])


def test_waiting_events_are_left_alone_for_a_quarter_of_an_hour() -> None:
    old = event(DOUBT_SECONDS, key="old")
    assert judge([event(DOUBT_SECONDS - 1), old], 3, NOW).resend == [old]


def test_lost_event_in_a_busy_queue_is_sent_within_twenty_minutes() -> None:
    assert DOUBT_SECONDS + 2 * MINUTE <= 20 * MINUTE


@pytest.mark.parametrize(
    ("waiting", "limit"), [(1, 10), (1000, 10), (1099, 10), (1100, 11), (100_000, 1000)]
)
def test_doubt_limit_is_ten_events_or_one_percent_of_the_backlog(waiting: int, limit: int) -> None:
    assert doubt_limit(waiting) == limit
    resent = judge(many(3000, DOUBT_SECONDS), waiting, NOW).resend
    assert len(resent) == min(limit, MAX_A_RUN)


@pytest.mark.parametrize(("in_doubt", "new"), [(0, 10), (4, 6), (10, 0), (25, 0)])
def test_events_that_were_sent_in_doubt_count_until_they_are_closed(
    in_doubt: int, new: int
) -> None:
    """Counted from the open events themselves, the patient ones too: there is no other state."""
    events = many(in_doubt, 10, sweeps=1) + many(40, DOUBT_SECONDS, prefix="new")
    assert len(judge(events, 50, NOW).resend) == new


def test_event_in_doubt_is_sent_again_beyond_the_limit() -> None:
    """It adds no new doubt when its patience ends once more."""
    again = many(30, DOUBT_SECONDS, sweeps=2)
    assert judge(again, 50, NOW).resend == again


def test_doubt_limit_does_not_delay_proven_losses() -> None:
    """An empty queue proves all of them, whatever was in doubt before."""
    events = many(30, 10, sweeps=1) + many(400, 200, prefix="lost")
    assert len(judge(events, 0, NOW).resend) == 400


def test_run_sends_a_limited_number_of_events() -> None:
    assert len(judge(many(1000, 200), 0, NOW).resend) == MAX_A_RUN
    assert len(judge(many(1000, DOUBT_SECONDS, sweeps=1), 9, NOW).resend) == MAX_A_RUN


def test_oldest_event_goes_first_whatever_its_key() -> None:
    """By the time at which it was last sent."""
    young, old = event(100, key="a"), event(200, key="b")
    assert judge([young, old], 0, NOW).resend == [old, young]


def test_backlog_is_not_amplified() -> None:
    """10,000 events wait for six hours: at most 1 % of them are ever sent again."""
    events = {one.key: one for one in many(10_000, PATIENCE_SECONDS)}
    sent: list[str] = []
    for minute in range(0, 6 * 60, 5):
        now = NOW + minute * MINUTE
        for one in judge(events.values(), 10_000, now).resend:
            events[one.key] = one._replace(sent_at=now, sweeps=one.sweeps + 1)
            sent.append(one.key)
    assert 0 < len(set(sent)) <= 100
    assert len(sent) <= MAX_SWEEPS * 100


events_ = st.lists(st.builds(event, st.floats(0, 100_000), sweeps=st.integers(0, 9)), max_size=30)


@given(events_, st.integers(0, 50))
def test_any_verdict(opened: list[OpenEvent], waiting: int) -> None:
    """Only due events are touched, each once and in one way; no new doubt over the limit."""
    verdict = judge(opened, waiting, NOW)
    for one in (*verdict.resend, *verdict.stuck):
        assert NOW - one.sent_at >= patience(one.sweeps)
    assert all(one.sweeps < MAX_SWEEPS for one in verdict.resend)
    assert all(one.sweeps >= MAX_SWEEPS for one in verdict.stuck)
    assert len({id(one) for one in verdict.resend}) == len(verdict.resend) <= MAX_A_RUN
    if waiting == 0:
        assert all(a.sent_at <= b.sent_at for a, b in pairwise(verdict.resend))
    else:
        doubted = sum(one.sweeps > 0 for one in opened)
        new = sum(one.sweeps == 0 for one in verdict.resend)
        assert new == 0 or doubted + new <= doubt_limit(waiting)
