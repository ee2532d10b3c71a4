"""Which missed calls nobody returned: a later call or text, in either direction, returns them."""

import random
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from justcall import missed
from justcall.timeline import joined

NUMBER, LINE, OTHER_LINE = "+14155559876", "+14155551234", "+14155550000"


def at(minute: int) -> str:
    return f"2026-03-12T14:{minute:02}:00.000Z"


def event(kind: str, minute: int, name: str, **more: Any) -> dict[str, Any]:
    """Return the timeline entry of one event; `name` is its call's or message's id."""
    thing = "message" if kind.startswith(("sms", "whatsapp")) else "call"
    return {
        "key": f"{kind}:{name}:{minute}",
        "type": kind,
        "dialect": "body-signed",
        "at": at(minute),
        "received_at": at(minute),
        "number": NUMBER,
        "justcall_number": LINE,
        "subjects": [f"{thing}:{name}"],
        **more,
    }


def missed_call(minute: int, name: str = "m", **more: Any) -> dict[str, Any]:
    return event("call.missed", minute, name, direction="inbound", outcome="missed", **more)


def outbound(minute: int, name: str = "o", **more: Any) -> dict[str, Any]:
    call = {"direction": "outbound", "outcome": "completed"} | more
    return event("call.completed", minute, name, **call)


def text(kind: str, minute: int, direction: str, **more: Any) -> dict[str, Any]:
    return event(kind, minute, f"t{minute}", direction=direction, **more)


def unreturned(*events: dict[str, Any]) -> list[str]:
    """Return the times of the missed calls that nobody returned."""
    timeline = joined(events)
    return [call["at"] for call in timeline if missed.is_unreturned(call, timeline)]


def test_call_that_nobody_returned() -> None:
    assert unreturned(missed_call(10)) == [at(10)]


INBOUND_ANSWERED = {"direction": "inbound", "outcome": "completed"}
RETURNS = {
    "outbound call": outbound(20),
    "outbound call that was not answered": outbound(20, outcome="unanswered"),
    "outbound call that rings": event("call.initiated", 20, "o", direction="outbound"),
    "outbound text": text("sms.sent", 20, "outbound"),
    "outbound text told by the other type": text("sms.sent_received", 20, "outbound"),
    "WhatsApp message": text("whatsapp.message_sent", 20, "outbound"),
    "inbound text": text("sms.received", 20, "inbound"),
    "inbound call that was answered": event("call.completed", 20, "i", **INBOUND_ANSWERED),
    "inbound call in progress": event("call.answered", 20, "i", direction="inbound"),
    "call on another line": outbound(20, justcall_number=OTHER_LINE),
}


@pytest.mark.parametrize("name", RETURNS)
def test_later_call_or_text_returns_it(name: str) -> None:
    assert unreturned(missed_call(10), RETURNS[name]) == []


@pytest.mark.parametrize("name", RETURNS)
def test_earlier_call_or_text_does_not_return_it(name: str) -> None:
    assert unreturned(missed_call(30), RETURNS[name]) == [at(30)]


@pytest.mark.parametrize("name", RETURNS)
def test_order_of_arrival_does_not_matter(name: str) -> None:
    events = [missed_call(10), RETURNS[name], missed_call(40, "m2")]
    assert {tuple(unreturned(*order)) for order in permutations(events)} == {(at(40),)}


NO_RETURNS = {
    "another missed call": missed_call(20, "m2"),
    "voicemail": event(
        "voicemail.received", 20, "v", direction="inbound", outcome="voicemail", duration_seconds=21
    ),
    "inbound call that still rings": event("call.incoming", 20, "i", direction="inbound"),
    "failed text": text("sms.sent", 20, "outbound", delivery_status="undelivered"),
    "update of an older call": event("call.updated", 20, "old", direction="outbound", notes="x"),
    "AI report of an older call": event("jc.call_ai_generated", 20, "old", ai={"summary": "x"}),
    "status of an older text": text("sms.delivered", 20, "outbound"),
    "new contact": event("contact.created", 20, "c", subjects=["contact:1"]),
    "appointment": event("appointment.scheduled", 20, "a", subjects=["appointment:1"]),
    "opt-out": event("sms.optout", 20, "s", subjects=[], direction="inbound"),
    "call at the same moment": outbound(10),
}


@pytest.mark.parametrize("name", NO_RETURNS)
def test_anything_else_does_not_return_it(name: str) -> None:
    assert at(10) in unreturned(missed_call(10), NO_RETURNS[name])


def test_text_that_is_known_to_have_failed_returns_nothing() -> None:
    """Body-signed texts say it by an event of its own."""
    sent = text("sms.sent", 20, "outbound")
    failed = event("sms.failed", 21, "t20", direction="outbound")
    delivered = event("sms.delivered", 22, "t20", direction="outbound")
    assert unreturned(missed_call(10), sent, failed) == [at(10)]
    assert unreturned(missed_call(10), sent, failed, delivered) == []


def test_older_text_with_a_later_status_does_not_return_it() -> None:
    """The text was sent before the call; only its status is newer."""
    sent = text("sms.sent", 5, "outbound")
    delivered = event("sms.delivered", 20, "t5", direction="outbound")
    assert unreturned(sent, missed_call(10), delivered) == [at(10)]


def test_missed_call_that_turns_out_to_be_answered_is_none() -> None:
    """Another agent took it; JustCall says so later."""
    answered = event("call.completed", 11, "m", **INBOUND_ANSWERED)
    assert unreturned(missed_call(10), answered) == []


def test_call_and_its_voicemail_are_one_missed_call() -> None:
    voicemail = event("voicemail.received", 11, "m", direction="inbound", outcome="voicemail")
    assert unreturned(missed_call(10), voicemail) == [at(10)]


@pytest.mark.parametrize("number", ["unknown", "call:m"])
def test_caller_without_a_number_cannot_be_returned(number: str) -> None:
    """All withheld callers share a timeline; who called later may be somebody else."""
    events = [missed_call(10, number=number), outbound(20, number=number)]
    assert unreturned(*events) == [at(10)]


def test_outbound_call_is_never_missed() -> None:
    assert unreturned(outbound(10, outcome="missed")) == []


def test_return_is_the_first_later_contact() -> None:
    timeline = joined([missed_call(10), outbound(25, "b"), outbound(20, "a"), outbound(5, "c")])
    [call] = [one for one in timeline if missed.is_missed(one)]
    assert missed.returned_at(call, timeline) == at(20)


# ------------------------------------------------------------ callers


def test_later_missed_call_of_a_caller_is_one_row_with_a_count() -> None:
    timeline = joined([missed_call(10, "a"), missed_call(20, "b"), missed_call(15, "c")])
    [caller] = missed.callers(timeline)
    assert (caller.number, caller.line) == (NUMBER, LINE)
    assert [call["at"] for call in caller.calls] == [at(10), at(15), at(20)]


def test_callers_are_apart_by_line_and_the_newest_is_first() -> None:
    timeline = joined(
        [
            missed_call(10, "a"),
            missed_call(20, "b", justcall_number=OTHER_LINE),
            missed_call(15, "c", number="+1"),
        ]
    )
    rows = [(one.number, one.line) for one in missed.callers(timeline)]
    assert rows == [(NUMBER, OTHER_LINE), ("+1", LINE), (NUMBER, LINE)]


def test_callers_without_a_number_are_one_row() -> None:
    withheld = [missed_call(10, "a", number="unknown"), missed_call(20, "b", number="call:b")]
    [caller] = missed.callers(joined(withheld))
    assert (caller.number, len(caller.calls)) == (None, 2)


# ------------------------------------------------------------ any history

STEPS = st.lists(
    st.tuples(st.sampled_from(["missed", "out", "in", "sms"]), st.integers(0, 59)), max_size=12
)


@given(STEPS, st.randoms(use_true_random=False))
def test_any_history_in_any_order(steps: list[tuple[str, int]], dice: random.Random) -> None:
    """A missed call is unreturned exactly if no other step is later."""
    make: dict[str, Callable[[int, str], dict[str, Any]]] = {
        "missed": missed_call,
        "out": outbound,
        "in": lambda minute, name: event("call.completed", minute, name, **INBOUND_ANSWERED),
        "sms": lambda minute, name: event("sms.sent", minute, name, direction="outbound"),
    }
    events = [make[what](minute, f"n{i}") for i, (what, minute) in enumerate(steps)]
    last = max((minute for what, minute in steps if what != "missed"), default=-1)
    expected = sorted(at(minute) for what, minute in steps if what == "missed" and minute >= last)
    dice.shuffle(events)
    assert unreturned(*events) == expected
