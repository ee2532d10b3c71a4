"""The hourly digest: missed calls that nobody returned, sent at least once, whatever fails."""

from itertools import permutations

import pytest

from ledger import schema
from ledger.events import Ledger
from notices import digest
from notices.notice import DIGEST
from tests.support import samples, stack
from tests.support.faults import Small, broken, died_before
from tests.support.missed_calls import (
    LINE,
    NUMBER,
    missed,
    outbound,
    sms,
    sms_sent,
    voicemail,
)
from tests.support.people import People
from tests.unit.conftest import Written

OTHER = "+14155550000"


def rows(people: People, number: int = -1) -> list[str]:
    """Return the rows of a digest."""
    return [line for line in people.sent[number].text.splitlines() if line.startswith("- ")]


def test_unreturned_call_is_in_one_digest(hourly: People) -> None:
    hourly.happen(missed(10))
    assert hourly.sent == []
    assert hourly.digest() == 1
    [notice] = hourly.sent
    assert (notice.notice, notice.kind, notice.line) == (DIGEST, "call.missed", LINE)
    assert notice.subject == f"1 missed call not returned to {LINE}"
    assert rows(hourly) == [f"- {NUMBER}, missed 2026-03-12 14:10 UTC"]
    assert hourly.digest() == 0
    assert len(hourly.sent) == 1


@pytest.mark.parametrize("back", [outbound(20), sms_sent(20), sms(20)], ids=["call", "text", "caller's text"])  # fmt: skip
def test_returned_call_is_in_no_digest(hourly: People, back: bytes) -> None:
    hourly.happen(missed(10), back)
    assert hourly.digest() == 0
    assert hourly.sent == []


def test_call_before_a_missed_call_does_not_return_it(hourly: People) -> None:
    hourly.happen(outbound(5), missed(10))
    assert hourly.digest() == 1


def test_order_of_arrival_does_not_matter(hourly: People) -> None:
    for number, order in enumerate(permutations((10, 20, 40))):
        own = f"+1415555{number:04}"
        make = {
            10: missed(10, f"a{number}", from_=own),
            20: outbound(20, f"b{number}", to=own),
            40: missed(40, f"c{number}", from_=own),
        }
        hourly.happen(*(make[minute] for minute in order))
    assert hourly.digest() == 1
    assert len(rows(hourly)) == 6
    assert all(row.endswith("missed 2026-03-12 14:40 UTC") for row in rows(hourly))


def test_return_that_comes_late_is_believed_until_then(hourly: People) -> None:
    """A digest holds what is known when it is sent, and is not sent again."""
    hourly.happen(missed(10))
    assert hourly.digest() == 1
    hourly.happen(outbound(20))
    assert hourly.digest() == 0


def test_later_missed_call_of_a_caller_is_one_row_with_a_count(hourly: People) -> None:
    hourly.happen(missed(10), missed(20, "m2"), voicemail(21, "m2"))
    assert hourly.digest() == 1
    assert hourly.sent[0].subject == f"2 missed calls not returned to {LINE}"
    assert rows(hourly) == [
        f"- {NUMBER}, 2 missed calls, first 2026-03-12 14:10 UTC, last 2026-03-12 14:20 UTC, voicemail"
    ]


def test_count_holds_calls_of_earlier_digests(hourly: People) -> None:
    hourly.happen(missed(10))
    hourly.digest()
    hourly.happen(missed(50, "m2"))
    assert hourly.digest() == 1
    assert "2 missed calls, first 2026-03-12 14:10 UTC" in rows(hourly)[0]


def test_late_event_of_a_returned_call_repeats_no_other_call(hourly: People) -> None:
    hourly.happen(missed(40, "m2"))
    assert hourly.digest() == 1
    hourly.happen(outbound(20), missed(10, "m1"))
    assert hourly.digest() == 0


def test_each_line_has_a_digest_of_its_own(hourly: People) -> None:
    """So that a filter policy on the line shows nobody another line's callers."""
    hourly.happen(missed(10), missed(11, "m2", to=OTHER, from_="+14155557777"))
    assert hourly.digest() == 2
    assert {one.line for one in hourly.sent} == {LINE, OTHER}
    assert all(len([row for row in one.text.splitlines() if row[:2] == "- "]) == 1 for one in hourly.sent)  # fmt: skip


def test_withheld_callers_are_one_row_that_cannot_be_returned(hourly: People) -> None:
    """A later call on their timeline may be somebody else's."""
    hourly.happen(missed(10, from_="anonymous"), missed(12, "m2", from_="anonymous"))
    hourly.happen(outbound(20, to="anonymous"))
    assert hourly.digest() == 1
    [row] = rows(hourly)
    assert row.startswith("- withheld number, 2 missed calls")
    assert row.endswith("cannot be called back")
    hourly.happen(missed(30, "m3", from_="anonymous"))
    assert hourly.digest() == 1
    assert rows(hourly) == ["- withheld number, missed 2026-03-12 14:30 UTC, cannot be called back"]


def test_call_without_a_number_is_in_the_digest(hourly: People) -> None:
    hourly.happen(missed(10, from_=...))
    assert hourly.digest() == 1
    assert rows(hourly)[0].startswith("- number not known, missed")


def test_call_and_voicemail_wait_once(hourly: People) -> None:
    hourly.happen(missed(10), voicemail(11), missed(10, notes="told again"))
    assert len(waiting(hourly)) == 1


def test_texts_are_in_no_digest(hourly: People) -> None:
    hourly.happen(sms(10))
    assert hourly.queue == []
    assert hourly.digest() == 0
    assert hourly.sent == []


def test_long_digest_names_how_many_are_left_out(
    hourly: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "MAX_ROWS", 2)
    hourly.happen(*(missed(10 + n, f"m{n}", from_=f"+1415555800{n}") for n in range(5)))
    assert hourly.digest() == 1
    assert len(rows(hourly)) == 2
    assert "and 3 more: ./hooks missed --unreturned" in hourly.sent[0].text
    assert hourly.sent[0].subject.startswith("5 missed calls")


# ------------------------------------------------------------ at least once


def waiting(people: People) -> list[str]:
    assert isinstance(people.world.backend, Small)
    return [
        item["pk"]["S"]
        for item in people.world.backend.tables.items()
        if item.get("cell") == {"S": schema.UNSENT}
    ]


def test_next_digest_makes_up_for_failed_ones(hourly: People) -> None:
    """The topic, or the digest itself, was down for a day."""
    hourly.topic.refuses = lambda _notice: True
    hourly.happen(missed(10))
    assert hourly.digest() is None
    hourly.world.clock.now += 86_400
    hourly.happen(missed(20, "m2", from_="+14155558000"))
    assert hourly.digest() is None
    hourly.topic.refuses = lambda _notice: False
    assert hourly.digest() == 1
    assert len(rows(hourly)) == 2


def test_event_that_is_processed_a_week_late_is_in_a_digest(hourly: People) -> None:
    """No hour is closed: a call waits from when it is published, whenever it came."""
    hourly.world.deliver(missed(10))
    assert hourly.digest() == 0
    hourly.world.clock.now += 7 * 86_400
    hourly.happen()
    assert hourly.digest() == 1


def test_line_that_fails_does_not_stop_the_others(hourly: People, written: Written) -> None:
    hourly.topic.refuses = lambda notice: notice.line == OTHER
    hourly.happen(missed(10), missed(11, "m2", to=OTHER))
    assert hourly.digest() is None
    assert [one.line for one in hourly.sent] == [LINE]
    assert "topic-unavailable" in written.text()
    hourly.topic.refuses = lambda _notice: False
    assert hourly.digest() == 1
    assert [one.line for one in hourly.sent] == [LINE, OTHER]
    assert waiting(hourly) == []


def test_table_that_is_down_is_logged_with_the_reason(hourly: People, written: Written) -> None:
    hourly.happen(missed(10))
    written.text()
    hourly.world.wire.standing = lambda call: broken if call.operation == "Query" else None
    assert hourly.digest() is None
    [line] = [one for one in written.logs() if one["level"] == "ERROR"]
    assert (line["message"], line["reason"]) == ("digest not sent", "ledger-unavailable")
    hourly.world.wire.standing = lambda _call: None
    assert hourly.digest() == 1


def test_digest_whose_run_died_is_sent_again_with_the_same_id(hourly: People) -> None:
    hourly.happen(missed(10), missed(20, "m2", from_="+14155558000"))
    hourly.world.wire.standing = lambda call: (
        died_before if call.operation == "UpdateItem" else None
    )
    assert hourly.digest() is None
    hourly.world.wire.standing = lambda _call: None
    assert hourly.digest() == 1
    first, second = hourly.sent
    assert first == second


def test_next_run_takes_the_calls_beyond_the_limit(
    hourly: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.digest.MAX_WAITING", 3)
    hourly.happen(*(missed(10 + n, f"m{n}", from_=f"+1415555800{n}") for n in range(5)))
    assert [hourly.digest(), hourly.digest(), hourly.digest()] == [1, 1, 0]
    assert [len(rows(hourly, 0)), len(rows(hourly, 1))] == [3, 2]


def test_event_that_is_being_replayed_goes_on_waiting(hourly: People) -> None:
    from aws import clients  # noqa: PLC0415

    hourly.happen(missed(10))
    ledger = Ledger(clients.dynamodb, stack.physical_name("EventsTable"), 400)
    assert ledger.reopen("call.missed:m1", "processed", hourly.world.clock.now)
    assert hourly.digest() == 0
    hourly.world.clock.now += 1000
    hourly.happen()
    assert hourly.digest() == 1


def test_expired_event_stops_waiting(hourly: People) -> None:
    hourly.happen(missed(10))
    assert isinstance(hourly.world.backend, Small)
    hourly.world.backend.tables.remove("event#call.missed:m1", "ledger")
    assert hourly.digest() == 0
    assert waiting(hourly) == []


def test_damaged_entry_hides_no_other(hourly: People, written: Written) -> None:
    hourly.happen(missed(10), missed(20, "m2"))
    assert isinstance(hourly.world.backend, Small)
    hourly.world.backend.tables.get("event#call.missed:m1", "ledger")["entry"] = {"B": "AAAA"}
    assert hourly.digest() == 1
    assert len(rows(hourly)) == 1
    assert "entry damaged" in written.text()


def test_other_events_do_not_wait(hourly: People) -> None:
    hourly.happen(*(samples.body(one) for one in samples.BY_KIND.values()))
    kinds = {schema.type_of(name.partition("#")[2]) for name in waiting(hourly)}
    assert len(waiting(hourly)) == 2, kinds


def test_logs_hold_no_numbers(hourly: People, written: Written) -> None:
    hourly.happen(missed(10))
    written.text()
    hourly.digest()
    assert NUMBER not in written.text()
