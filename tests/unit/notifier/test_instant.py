"""Instant notices: which events cause one, and how often."""

import pytest

from errors import ModelRefused
from notices.notice import EVENT, FAILURE
from notifier import instant
from tests.support import samples
from tests.support.bug import fail_with
from tests.support.faults import World
from tests.support.missed_calls import (
    LINE,
    NUMBER,
    at,
    document,
    missed,
    outbound,
    sms,
    sms_sent,
    voicemail,
)
from tests.support.people import People
from tests.unit.conftest import Written


def test_missed_call_voicemail_and_text_cause_notices(people: People) -> None:
    people.happen(missed(10), voicemail(11, "m2"), sms(12))
    notices = {one.kind: one for one in people.sent}
    assert set(notices) == {"call.missed", "voicemail.received", "sms.received"}
    for one in notices.values():
        assert (one.notice, one.number, one.line) == (EVENT, NUMBER, LINE)


def test_nothing_else_causes_a_notice(people: People) -> None:
    inbound = {"direction": "inbound", "from_": NUMBER, "to": LINE}
    answered = document("call.completed", at(3), call_id="i", duration=9, **inbound)
    people.happen(
        outbound(1), sms_sent(2), answered, samples.body(samples.CONTACT_CREATED),
        samples.body(samples.SMS_OPTOUT), samples.body(samples.CALL_UPDATED),
    )  # fmt: skip
    assert people.sent == []


def test_outbound_text_of_a_type_for_both_directions_causes_no_notice(people: People) -> None:
    text = sms(1, "sms.sent_received", direction="outbound", from_=LINE, to=NUMBER)
    people.happen(text, sms(2, "sms.sent_received", "t3"))
    assert [one.number for one in people.sent] == [NUMBER]


@pytest.mark.parametrize("first", ["sms.received", "sms.sent_received"])
def test_text_that_comes_by_two_types_causes_one_notice(people: People, first: str) -> None:
    """JustCall sends both to whoever subscribed to both."""
    second = ({"sms.received", "sms.sent_received"} - {first}).pop()
    people.happen(sms(1, first))
    people.happen(sms(1, second))
    assert len(people.sent) == 1


def test_two_types_at_once_cause_one_notice(people: People) -> None:
    people.happen(sms(1, "sms.received"), sms(1, "sms.sent_received"))
    assert len(people.sent) == 1


def test_call_sent_again_with_more_causes_one_notice(people: People) -> None:
    people.happen(missed(10))
    people.happen(missed(10, notes="more"))
    assert len(people.sent) == 1


def test_missed_call_and_its_voicemail_are_two_notices(people: People) -> None:
    people.happen(missed(10), voicemail(11))
    assert sorted(str(one.kind) for one in people.sent) == ["call.missed", "voicemail.received"]


def test_event_published_again_causes_no_second_notice(people: People) -> None:
    """The bus delivers at least once, and `hooks publish` publishes what was published before."""
    people.happen(missed(10))
    people.queue = [_again(people)]
    assert people.notify()
    assert len(people.sent) == 1


def _again(people: People) -> dict[str, object]:
    from tests.support.faults import Small  # noqa: PLC0415
    from tests.support.people import record  # noqa: PLC0415

    assert isinstance(people.world.backend, Small)
    return record(99, people.world.backend.bus.entries[-1])


def test_call_of_yesterday_causes_no_notice(people: People) -> None:
    """`hooks publish --since 90d`, for a new consumer, must not ring phones for a day."""
    people.happen(missed(10))
    people.topic.notices.clear()
    people.world.clock.now += instant.MAX_AGE_SECONDS
    people.happen(missed(11, "m2"))
    assert people.sent == []


def test_missed_call_that_was_answered_causes_no_notice(people: People) -> None:
    """Its end came first: another agent took it."""
    inbound = {"direction": "inbound", "from_": NUMBER, "to": LINE, "duration": 60}
    people.happen(document("call.completed", at(20), call_id="m1", **inbound))
    people.happen(missed(10))
    assert people.sent == []


def test_notice_of_a_withheld_caller_has_no_number(people: People) -> None:
    people.happen(missed(10, from_="anonymous"))
    [notice] = people.sent
    assert notice.number is None
    assert "a withheld number" in notice.subject


# ------------------------------------------------------------ at least once


def test_refused_notice_is_sent_with_the_next_attempt(people: People) -> None:
    people.topic.refuses = lambda notice: notice.kind == "call.missed"
    people.happen(missed(10), sms(11))
    assert [one.kind for one in people.sent] == ["sms.received"]
    assert len(people.queue) == 1
    people.topic.refuses = lambda _notice: False
    assert people.notify()
    assert [one.kind for one in people.sent] == ["sms.received", "call.missed"]


def test_twin_waits_for_the_event_that_claimed_the_notice(people: People) -> None:
    """The first event's message stays in the queue until its notice was sent."""
    people.topic.refuses = lambda _notice: True
    people.happen(sms(1, "sms.received"))
    people.happen(sms(1, "sms.sent_received"))
    people.topic.refuses = lambda _notice: False
    assert people.notify()
    assert len(people.sent) == 1


def test_unreadable_message_fails_alone(people: People, written: Written) -> None:
    people.queue = [{"eventSource": "aws:sqs", "messageId": "bad", "body": "no json"}]
    people.happen(missed(10))
    assert [one["messageId"] for one in people.queue] == ["bad"]
    assert len(people.sent) == 1
    assert '"reason":"unexpected"' in written.text().replace(" ", "")


def test_logs_hold_keys_and_no_content(people: People, written: Written) -> None:
    people.topic.refuses = lambda notice: notice.kind == "sms.received"
    written.text()
    people.happen(missed(10), sms(11, body="my secret words", contact_name="Robin Vale"))
    lines = [line for line in written.text().splitlines() if '"notice ' in line]
    assert any("call.missed:m1" in line for line in lines)
    assert any("topic-unavailable" in line and "sms.received:t2" in line for line in lines)
    text = "\n".join(lines)
    assert not any(one in text for one in (NUMBER, "my secret words", "Robin"))


# ------------------------------------------------------------ failed events


def test_failed_event_causes_one_notice_with_its_reason(people: People) -> None:
    fail(people.world)
    people.collect()
    assert people.notify_failures()
    [notice] = people.sent
    assert (notice.notice, notice.kind) == (FAILURE, "contact.created")
    assert notice.subject == "Event failed: contact.created:918273"
    assert "Reason: model-refused" in notice.text
    assert notice.id.startswith("contact.created:918273#failed#2026-")
    assert (notice.number, notice.line) == (None, None)


def test_attempts_before_the_last_cause_no_notice(people: People) -> None:
    fail(people.world, receives=4)
    people.collect()
    assert people.changes == []


def test_failure_whose_notice_was_refused_comes_again(people: People) -> None:
    fail(people.world)
    people.collect()
    people.topic.refuses = lambda _notice: True
    assert not people.notify_failures()
    people.topic.refuses = lambda _notice: False
    assert people.notify_failures()
    assert len(people.sent) == 1


def fail(world: World, receives: int = 5) -> None:
    """Let an event fail so often; its processor must not read it."""
    with pytest.MonkeyPatch.context() as patched:
        world.deliver(samples.body(samples.CONTACT_CREATED))
        fail_with(patched, ModelRefused)
        for _ in range(receives):
            world.poll("contact.created")
