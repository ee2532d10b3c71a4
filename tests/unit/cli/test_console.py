"""The journey of an event, the plots, and the words of the page; no sockets."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.console import journey, plotting, words
from cli.console.journey import Around
from cli.reading.events import STATES

NOW = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "key": "sms.sent:1", "type": "sms.sent", "status": "received", "error": None,
    "received_at": "2026-03-12T14:59:30.000Z", "event_time": None, "at": None, "deliveries": 1,
    "attempts": 0, "conflicts": [], "last_delivery_at": None, "sent_at": None, "sweeps": 0,
    "replays": [], "dead_letter": None, "failed_at": None, "first_failed_at": None,
    "stuck_at": None, "processed_at": None, "replayed_as": None, "state": "received", "why": None,
    "place": None, "max_attempts": None, "next_try_at": None, "dismissals": [],
}  # fmt: skip
ALONE = Around(has_bus=False, destinations=None, waiting=[])


def steps(around: Around = ALONE, **changes: Any) -> dict[str, journey.Step]:
    return {one.name: one for one in journey.steps(EVENT | changes, around)}


def test_an_open_event_waits_for_its_processor() -> None:
    shown = steps()
    assert list(shown) == ["received", "sent", "processed"]
    assert shown["processed"].state == journey.WAITS
    assert shown["sent"].state == journey.UNKNOWN, "the ledger keeps no time of the first send"


def test_duplicates_and_conflicts_are_told_where_they_came() -> None:
    notes = " ".join(steps(deliveries=3, conflicts=[{}])["received"].notes)
    assert "Delivered 3 times" in notes
    assert "1 with the same key and another body" in notes


def test_a_retrying_event_is_not_merely_received() -> None:
    shown = steps(
        state="retrying", error="model-refused: data.id", why="It does not fit.", attempts=2,
        max_attempts=5, failed_at="2026-03-12T14:59:31.000Z",
        next_try_at="2026-03-12T15:02:30.000Z",
    )  # fmt: skip
    assert shown["processed"].state == journey.WRONG
    notes = " ".join(shown["processed"].notes)
    assert "2 of 5 attempts" in notes
    assert "does not fit" in notes
    assert "due at about 2026-03-12 15:02:30" in notes


def test_a_dismissal_says_who_said_what() -> None:
    one = {"at": "2026-03-12T15:00:00.000Z", "reason": "a test of ours", "was": "failed"}
    notes = " ".join(steps(status="dismissed", dismissals=[one])["processed"].notes)
    assert "was failed: a test of ours" in notes


@pytest.mark.parametrize("status", ["unhandled", "quarantined"])
def test_an_event_without_a_processor_was_never_sent(status: str) -> None:
    assert steps(status=status)["sent"].notes == ["Never sent to a queue."]


def test_the_journey_does_not_claim_what_nobody_recorded() -> None:
    done: dict[str, Any] = {"status": "processed", "processed_at": "2026-03-12T14:59:31.000Z"}
    shown = steps(**done)
    assert shown["published"].state == shown["delivered"].state == journey.NONE
    waiting = {"key": "sms.sent:1", "destination": "crm", "state": "waiting", "attempts": 2,
               "error": "http-500", "at": "2026-03-12T15:30:00.000Z"}  # fmt: skip
    around = Around(has_bus=True, destinations=["crm"], waiting=[waiting])
    delivered = steps(around, **done)["delivered"]
    assert delivered.state == journey.WRONG
    assert delivered.notes == ["crm: waiting after 2 attempts, http-500"]
    other = around._replace(waiting=[waiting | {"key": "sms.sent:2"}])
    arrived = steps(other, **done)
    assert arrived["published"].state == arrived["delivered"].state == journey.UNKNOWN


def test_a_plot_holds_each_event_once() -> None:
    span = plotting.SPANS["hour"]
    events = [
        EVENT | {"received_at": f"2026-03-12T14:{minute:02}:00.000Z", "processed_at": None}
        for minute in (0, 1, 59, 59)
    ]
    events[0] |= {"state": "processed", "processed_at": "2026-03-12T14:00:02.000Z"}
    plot = plotting.plot(events, span, NOW)
    assert plot.counts == {"processed": 1, "received": 3}
    assert plot.most == 2
    assert (plot.median_seconds, plot.slowest_seconds) == (2.0, 2.0)
    assert sum(one.height for one in plot.bars if one.x == 0) == plotting.HEIGHT
    assert plotting.plot([], span, NOW).bars == []


def test_every_state_has_a_meaning() -> None:
    assert set(words.STATES) == set(STATES)
