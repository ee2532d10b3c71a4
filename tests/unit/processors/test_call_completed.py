"""`call.completed` on the timeline."""

from justcall.timeline import Entry
from processors.call_completed import entry
from tests.support.samples import CALL_COMPLETED, CALL_COMPLETED_SHORT, Document, changed, envelope


def entry_of(document: Document) -> Entry:
    return entry(envelope(document))


def test_entry_of_the_sample() -> None:
    """The call is kept on its caller's timeline, in words of ours."""
    assert entry_of(CALL_COMPLETED)[:2] == (
        "+14155559876",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "agent_id": 42,
            "agent_name": "Jordan Lee",
            "call_id": "call_8f3a2b1c",
            "status": "completed",
            "outcome": "completed",
            "duration_seconds": 185.0,
            "recording_url": "https://recordings.justcall.io/rec_abc123.mp3",
            "notes": "Customer confirmed renewal.",
            "disposition": "Closed Won",
        },
    )
    assert entry_of(CALL_COMPLETED).subjects == ("call:call_8f3a2b1c",)


def test_entry_of_the_short_sample() -> None:
    """A field that is missing is not shown."""
    fields = entry_of(CALL_COMPLETED_SHORT).fields
    assert {"agent_name", "notes", "disposition", "unknown_fields"}.isdisjoint(fields)


def test_outbound_call_belongs_to_the_person_who_was_called() -> None:
    """The timeline is the contact's, whoever began."""
    found = entry_of(changed(CALL_COMPLETED, direction="outbound"))
    assert (found.number, found.fields["justcall_number"]) == ("+14155551234", "+14155559876")


def test_call_without_direction_is_kept_under_its_call() -> None:
    """Which of two numbers is the contact's is not guessed at."""
    found = entry_of(changed(CALL_COMPLETED, direction=None))
    assert (found.number, found.subjects) == (None, ("call:call_8f3a2b1c",))
    assert found.fields["from"] == "+14155559876"
