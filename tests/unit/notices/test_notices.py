"""What people read: short subjects, readable texts, and no content unless it is switched on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices import event as event_notice
from notices import failure, notice
from notices.notice import Notice

NUMBER, LINE = "+14155558765", "+14155551234"
SECRET = "the words of a caller"


def document(kind: str = "call.missed", whole: dict[str, Any] | None = None, **event: Any) -> Any:
    """Return a CloudEvent as the bus has it, as far as notices read it."""
    shared = {
        "key": f"{kind}:1",
        "kind": kind,
        "at": "2026-03-12T14:32:00.000Z",
        "direction": "inbound",
        "number": NUMBER,
        "justcall_number": LINE,
    }
    thing = "message" if kind.startswith("sms") else "call"
    data = {"event": shared | event}
    return {"data": data | ({thing: whole} if whole is not None else {})}


def notice_for(kind: str = "call.missed", *, content: bool = False, **event: Any) -> Notice:
    return event_notice.notice_of(document(kind, **event), with_content=content)


def test_missed_call() -> None:
    made = notice_for(
        ring_seconds=30.0, contact_name="Robin Vale", justcall_line_name="Main", agent_name="Jo"
    )
    assert made.subject == f"Missed call from {NUMBER} to {LINE}"
    assert made.text == (
        "Missed call\n"
        f"From: {NUMBER} (Robin Vale)\n"
        f"To: {LINE} (Main)\n"
        "Agent: Jo\n"
        "At: 2026-03-12 14:32 UTC\n"
        "Rang: 30 s\n"
        "Event: call.missed:1\n"
    )


def test_attributes_are_for_filter_policies() -> None:
    made = notice_for(agent_id=42, agent_name="Jordan Lee")
    assert made.attributes() == {
        "id": "call.missed:1",
        "notice": "event",
        "kind": "call.missed",
        "number": NUMBER,
        "line": LINE,
        "agent": "42",
    }
    assert set(notice_for(number=None).attributes()) == {"id", "notice", "kind", "line"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"agent_id": 0, "agent_email": "a@example.com"}, "0"),
        ({"agent_email": "a@example.com", "agent_name": "A"}, "a@example.com"),
        ({"agent_name": "A"}, "A"),
        ({}, None),
    ],
)
def test_agent_is_known_by_the_best_name(names: dict[str, Any], expected: str | None) -> None:
    assert notice.agent_of(names) == expected


def test_unnamed_fields_come_from_the_whole_call() -> None:
    event = document(whole={"justcall_line_name": "Main", "agent_id": 7, "number": "+1"})
    del event["data"]["event"]["number"]
    made = event_notice.notice_of(event, with_content=False)
    assert (made.number, made.agent) == ("+1", "7")
    assert "(Main)" in made.text


CONTENT: dict[str, dict[str, Any]] = {
    "sms.received": {"text": SECRET, "media": ["https://media.example/1", "https://media.example/2"]},
    "voicemail.received": {"text": SECRET, "recording_url": "https://recordings.example/1", "duration_seconds": 21.4},
    "call.missed": {"notes": SECRET, "recording_url": "https://recordings.example/1", "text": SECRET},
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTENT)
def test_no_content_unless_switched_on(kind: str) -> None:
    made = notice_for(kind, **CONTENT[kind])
    assert SECRET not in repr(made)
    assert "https://" not in repr(made)


def test_content_that_is_switched_on() -> None:
    text = notice_for("sms.received", content=True, **CONTENT["sms.received"]).text
    assert f"Attachments: 2\nText: {SECRET}\n" in text
    voicemail = notice_for("voicemail.received", content=True, **CONTENT["voicemail.received"]).text
    assert (
        f"Length: 21 s\nTranscript: {SECRET}\nRecording: https://recordings.example/1\n"
        in voicemail
    )
    subjects = [notice_for(kind, content=True, **CONTENT[kind]).subject for kind in CONTENT]
    assert SECRET not in repr(subjects), "a subject shows on locked screens"


def test_long_content_is_cut() -> None:
    made = notice_for("sms.received", content=True, text="x" * 100_000)
    assert len(made.text) < 5_000
    assert "x..." in made.text


HOSTILE = st.text(max_size=300) | st.sampled_from(
    ["a\r\nBcc: everybody", "\u202egnp.exe", "\ud800", "\x00", "+1\n\n415", "ßÅ停", "x" * 250, ""]
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_subject_and_rows_are_plain_whatever_the_sender_wrote(
    number: str, line: str, name: str
) -> None:
    """A line break in a subject would be a header; SNS refuses it, and the notice with it."""
    made = notice_for(number=number, justcall_number=line, contact_name=name, agent_name=name)
    assert made.subject.isascii()
    assert made.subject.isprintable()
    assert 0 < len(made.subject) < 100
    assert all(row.isprintable() for row in made.text.splitlines())
    made.text.encode()
    for value in made.attributes().values():
        assert value == value.strip() != ""
        assert value.isprintable()
        assert len(value) <= notice.MAX_VALUE


def item(status: str = "failed", **more: str) -> dict[str, Any]:
    attributes = {
        "pk": "event#sms.received:1",
        "status": status,
        "received_at": "2026-03-12T14:32:00.000Z",
    }
    return {name: {"S": one} for name, one in (attributes | more).items()}


def test_failure_names_the_reason_and_the_next_step() -> None:
    made = failure.notice_of(item(error="model-refused", failed_at="2026-03-12T14:50:00.000Z"))
    assert made.subject == "Event failed: sms.received:1"
    assert "Reason: model-refused\nLook: ./hooks show sms.received:1\n" in made.text
    assert made.attributes() == {
        "id": "sms.received:1#failed#2026-03-12T14:50:00.000Z",
        "notice": "failure",
        "kind": "sms.received",
    }


def test_stuck_event_is_a_failure_too() -> None:
    made = failure.notice_of(item("stuck", stuck_at="2026-03-12T15:00:00.000Z"))
    assert made.subject == "Event stuck: sms.received:1"
    assert made.id.endswith("#stuck#2026-03-12T15:00:00.000Z")
