"""`call.missed` on the timeline."""

from processors.call_missed import CallMissed, entry
from tests.support.samples import CALL_MISSED, changed


def test_entry_of_the_sample() -> None:
    """A missed call shows how long it rang, and no agent."""
    assert entry(CallMissed.model_validate(CALL_MISSED["data"]))[:2] == (
        "+14155558765",
        {
            "direction": "inbound",
            "justcall_number": "+14155551234",
            "outcome": "missed",
            "ring_seconds": 30.0,
        },
    )


def test_the_outcome_is_the_kinds() -> None:
    """`status` says other things in other articles; the kind says that it was missed."""
    other = changed(CALL_MISSED, status="Archived")
    assert entry(CallMissed.model_validate(other["data"])).fields["outcome"] == "missed"


def test_a_withheld_caller() -> None:
    """A missed call without a number is not lost."""
    withheld = changed(CALL_MISSED, from_=None)
    assert entry(CallMissed.model_validate(withheld["data"])).number == "unknown"
