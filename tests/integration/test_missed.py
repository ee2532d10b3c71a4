"""`hooks missed` and `hooks stats` on a table that moto keeps in memory."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from justcall.moments import iso
from tests.support.cli_docs import documented
from tests.support.program import Deployment, Hooks, deployed, hooks, local, place

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures

NUMBER, OTHER, LINE, OTHER_LINE = "+14155559876", "+14155550002", "+14155551234", "+14155550000"
# The retention of these tests' stack is two days, and what arrives a day late must have arrived.
DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


def at(minute: float, days: int = 0) -> str:
    """Return a moment of that day, in minutes after ten o'clock."""
    return iso((DAY + timedelta(days=days, hours=10, minutes=minute)).timestamp())


class Calls:
    """Writes processed events of one day."""

    def __init__(self, deployed: Deployment) -> None:
        self._rows = deployed.rows

    def put(self, kind: str, minute: float, name: str, contact: str = NUMBER, **fields: Any) -> str:
        thing = "message" if kind.startswith("sms") else "call"
        days, key = fields.pop("days", 0), fields.pop("key", f"{kind}:{name}")
        arrived = fields.pop("arrived", at(minute, days))
        entry = {"at": at(minute, days), "justcall_number": LINE, "subjects": [f"{thing}:{name}"]}
        return self._rows.put(key, received_at=arrived, contact=contact, entry=entry | fields)

    def missed(self, minute: float, name: str, contact: str = NUMBER, **fields: Any) -> str:
        own = {"direction": "inbound", "outcome": "missed"}
        return self.put("call.missed", minute, name, contact, **own | fields)

    def outbound(self, minute: float, name: str, contact: str = NUMBER, **fields: Any) -> str:
        own = {"direction": "outbound", "outcome": "completed", "duration_seconds": 60}
        return self.put("call.completed", minute, name, contact, **own | fields)

    def text(self, kind: str, minute: float, name: str, **fields: Any) -> str:
        direction = "outbound" if kind == "sms.sent" else "inbound"
        return self.put(kind, minute, name, direction=direction, text="hi", **fields)


@pytest.fixture
def calls(deployed: Deployment) -> Calls:
    return Calls(deployed)


@pytest.fixture(autouse=True)
def _no_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415

    def scan(_: Any) -> None:
        raise AssertionError("a scan reads the whole table")

    monkeypatch.setattr(DynamoHandler, "scan", scan)


# ------------------------------------------------------------ missed


def test_callers_are_rows_with_counts(hooks: Hooks, calls: Calls) -> None:
    first = calls.missed(10, "a")
    second = calls.missed(20, "b", contact_name="Robin Vale", justcall_line_name="Main")
    voicemail = calls.put("voicemail.received", 20.5, "b", direction="inbound", outcome="voicemail")
    calls.missed(5, "c", OTHER)
    rows = hooks("missed", "--since", at(0), "--json").json
    assert [(row["number"], row["missed"]) for row in rows] == [(NUMBER, 2), (OTHER, 1)]
    assert rows[0] == {
        "number": NUMBER,
        "contact_name": "Robin Vale",
        "line": LINE,
        "line_name": "Main",
        "missed": 2,
        "unreturned": 2,
        "voicemail": True,
        "first_at": at(10),
        "last_at": at(20),
        "returned_at": None,
        "keys": [first, second, voicemail],
    }
    assert list(rows[0]) == documented("hooks missed --json")


def test_unreturned_leaves_out_returned_callers(hooks: Hooks, calls: Calls) -> None:
    calls.missed(10, "a")
    calls.text("sms.sent", 12, "t")
    calls.missed(10, "b", OTHER)
    calls.outbound(5, "o", OTHER)
    everybody = hooks("missed", "--since", at(0), "--json").json
    assert {row["number"]: row["returned_at"] for row in everybody} == {
        NUMBER: at(12),
        OTHER: None,
    }
    rows = hooks("missed", "--unreturned", "--since", at(0), "--json").json
    assert [row["number"] for row in rows] == [OTHER]


def test_return_may_have_arrived_before_the_window(hooks: Hooks, calls: Calls) -> None:
    """The missed call came late; what returned it is older by arrival, and newer by its time."""
    calls.outbound(20, "o", arrived=at(20))
    calls.missed(10, "a", arrived=at(60))
    assert hooks("missed", "--unreturned", "--since", at(50), "--json").json == []


def test_call_that_somebody_answered_in_the_end_is_not_missed(hooks: Hooks, calls: Calls) -> None:
    calls.missed(10, "a")
    calls.put("call.completed", 11, "a", direction="inbound", outcome="completed")
    assert hooks("missed", "--since", at(0), "--json").json == []


def test_completed_call_with_the_outcome_missed_is_missed(hooks: Hooks, calls: Calls) -> None:
    calls.put("call.completed", 10, "a", direction="inbound", outcome="abandoned")
    assert len(hooks("missed", "--since", at(0), "--json").json) == 1


def test_withheld_callers_stay_unreturned(hooks: Hooks, calls: Calls) -> None:
    calls.missed(10, "a", "unknown")
    calls.missed(11, "b", "call:b")
    calls.outbound(20, "o", "unknown")
    [row] = hooks("missed", "--unreturned", "--since", at(0), "--json").json
    assert (row["number"], row["missed"], row["unreturned"]) == (None, 2, 2)
    assert "withheld" in hooks("missed", "--since", at(0)).out


def test_default_is_a_day(hooks: Hooks, calls: Calls) -> None:
    calls.missed(0, "old", arrived=iso((datetime.now(UTC) - timedelta(hours=25)).timestamp()))
    new = iso((datetime.now(UTC) - timedelta(hours=23)).timestamp())
    calls.missed(1, "new", OTHER, arrived=new)
    assert [row["number"] for row in hooks("missed", "--json").json] == [OTHER]


def test_table_is_for_people(hooks: Hooks, calls: Calls) -> None:
    assert hooks("missed").out == "No missed calls.\n"
    calls.missed(10, "a", justcall_line_name="Main")
    calls.outbound(12, "o")
    out = hooks("missed", "--since", at(0)).out
    assert NUMBER in out
    assert "Main" in out
    assert f"{at(12)[:10]} 10:12:00" in out


# ------------------------------------------------------------ stats


def stats(hooks: Hooks) -> list[Any]:
    rows: list[Any] = hooks("stats", "--day", DAY.date().isoformat(), "--json").json["rows"]
    return rows


def test_figures_of_a_day(hooks: Hooks, calls: Calls) -> None:
    agent: dict[str, Any] = {"agent_id": 42, "agent_name": "Jordan Lee"}
    calls.outbound(1, "o1", duration_seconds=100, **agent)
    calls.put("call.completed", 2, "i1", direction="inbound", outcome="completed", duration_seconds=20, **agent)  # fmt: skip
    calls.put("call.updated", 3, "i1", notes="said later")
    calls.missed(10, "m1", **agent)
    calls.outbound(14, "o2", outcome="unanswered", duration_seconds=0, **agent)
    calls.missed(20, "m2", **agent)
    calls.text("sms.sent", 28, "t1", **agent)
    calls.missed(40, "m3", **agent)
    assert stats(hooks) == [
        {
            "line": LINE,
            "line_name": None,
            "agent": "42",
            "agent_name": "Jordan Lee",
            "calls": 6,
            "answered": 2,
            "missed": 3,
            "returned": 2,
            "return_seconds": (4 + 8) * 60 / 2,
            "talk_seconds": 120,
            "texts": 1,
        }
    ]
    assert list(stats(hooks)[0]) == documented("hooks stats --json")


def test_lines_and_agents_are_apart(hooks: Hooks, calls: Calls) -> None:
    calls.outbound(1, "a", agent_id=1)
    calls.outbound(2, "b", agent_id=2)
    calls.outbound(3, "c", agent_id=2, justcall_number=OTHER_LINE)
    calls.missed(4, "d")
    assert [(row["line"], row["agent"]) for row in stats(hooks)] == [
        (OTHER_LINE, "2"),
        (LINE, None),
        (LINE, "1"),
        (LINE, "2"),
    ]


def test_day_is_that_of_the_event(hooks: Hooks, calls: Calls) -> None:
    calls.outbound(1, "before", days=-1, arrived=at(-599))
    calls.outbound(1, "late", arrived=at(0, days=1))
    calls.outbound(1, "after", days=1)
    [row] = stats(hooks)
    assert row["calls"] == 1


def test_texts_that_come_twice_and_voicemails_count_once(hooks: Hooks, calls: Calls) -> None:
    calls.text("sms.received", 1, "t")
    calls.text("sms.sent_received", 1, "t")
    calls.text("sms.delivered", 2, "other")
    calls.missed(3, "m")
    calls.put("voicemail.received", 4, "m", direction="inbound", outcome="voicemail", duration_seconds=21)  # fmt: skip
    [row] = stats(hooks)
    assert (row["texts"], row["calls"], row["missed"], row["talk_seconds"]) == (1, 1, 1, 0)


def test_older_call_that_is_told_again_or_updated_does_not_count(
    hooks: Hooks, calls: Calls
) -> None:
    calls.outbound(1, "o", days=-1)
    calls.outbound(1, "o", key="call.completed:o:0123456789abcdef", notes="more")
    calls.put("jc.call_ai_generated", 2, "p", ai={"summary": "x"})
    assert stats(hooks) == []


def test_day_of_the_option(hooks: Hooks, calls: Calls) -> None:
    before = datetime.now(UTC).date().isoformat()
    day = hooks("stats", "--json").json["day"]
    assert before <= day <= datetime.now(UTC).date().isoformat()  # midnight may be between
    for wrong in ("yesterday", "2026-13-01", "9999-12-31"):
        ran = hooks("stats", "--day", wrong)
        assert (ran.code, "--day" in ran.message) == (2, True)
    calls.outbound(1, "a", agent_name="Jordan Lee")
    out = hooks("stats", "--day", DAY.date().isoformat()).out
    assert "Jordan Lee" in out
    assert "1 min" in out
