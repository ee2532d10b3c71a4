"""`call.completed` on the timeline."""

from processors.call_completed import CallCompleted, entry
from tests.support.samples import CALL_COMPLETED, CALL_COMPLETED_SHORT, changed


def test_entry_of_the_sample() -> None:
    """The call stands on its caller's timeline, in words of ours."""
    assert entry(CallCompleted.model_validate(CALL_COMPLETED["data"]))[:2] == (
        "+14155559876",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "agent_id": 42,
            "agent_name": "Jordan Lee",
            "outcome": "completed",
            "duration_seconds": 185.0,
            "recording_url": "https://recordings.justcall.io/rec_abc123.mp3",
            "notes": "Customer confirmed renewal.",
            "disposition": "Closed Won",
        },
    )


def test_entry_of_the_short_sample() -> None:
    """What was not said is not shown."""
    fields = entry(CallCompleted.model_validate(CALL_COMPLETED_SHORT["data"])).fields
    assert {"agent_name", "notes", "disposition", "unknown_fields"}.isdisjoint(fields)


def test_an_outbound_call_stands_with_whom_was_called() -> None:
    """The timeline is the contact's, whoever began."""
    outbound = changed(CALL_COMPLETED, direction="outbound")
    found = entry(CallCompleted.model_validate(outbound["data"]))
    assert (found.number, found.fields["justcall_number"]) == ("+14155551234", "+14155559876")


def test_unknown_fields_are_shown() -> None:
    """What JustCall adds reaches the timeline before anybody wrote code for it."""
    added = changed(CALL_COMPLETED, rating=5)
    fields = entry(CallCompleted.model_validate(added["data"])).fields
    assert fields["unknown_fields"] == {"rating": 5}
