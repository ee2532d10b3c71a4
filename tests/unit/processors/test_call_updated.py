"""`call.updated` on the timeline."""

from processors.call_updated import CallUpdated, entry
from tests.support.samples import CALL_UPDATED

NEW = {"notes": "Customer asked for an invoice by mail.", "disposition": "Closed Won"}


def test_entry_of_the_sample() -> None:
    """It says what is new, and whose call it is; the outcome is the call's to say."""
    assert entry(CallUpdated.model_validate(CALL_UPDATED["data"]))[:2] == (
        "+14155559876",
        {"direction": "inbound", "justcall_number": "+14155551234", **NEW},
    )


def test_an_update_that_says_no_more_than_what_is_new() -> None:
    """It names nobody, and claims no direction."""
    bare = CallUpdated.model_validate({"call_id": "call_8f3a2b1c", **NEW})
    assert entry(bare)[:2] == ("unknown", NEW)


def test_numbers_without_a_direction_name_nobody() -> None:
    """Which of the two is the contact is not guessed at."""
    vague = {name: value for name, value in CALL_UPDATED["data"].items() if name != "direction"}
    assert entry(CallUpdated.model_validate(vague)).number == "unknown"
