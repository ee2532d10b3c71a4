"""`call.missed` on the timeline."""

from processors.call_missed import entry
from tests.support.samples import CALL_MISSED, changed, envelope


def test_entry_of_the_sample() -> None:
    """A missed call shows how long it rang, and no agent."""
    assert entry(envelope(CALL_MISSED))[:2] == (
        "+14155558765",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "call_id": "call_1d4e5f6a",
            "status": "missed",
            "outcome": "missed",
            "ring_seconds": 30.0,
        },
    )


def test_outcome_is_the_kinds() -> None:
    """`status` has other words in other articles; the kind says that it was missed."""
    assert entry(envelope(changed(CALL_MISSED, status="Archived"))).fields["outcome"] == "missed"


def test_withheld_caller() -> None:
    """A missed call without a number is not lost."""
    for nothing in (None, "", "anonymous", "+266696687"):
        assert entry(envelope(changed(CALL_MISSED, from_=nothing))).number == "unknown"
