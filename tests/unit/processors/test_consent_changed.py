"""`consent.changed` on the timeline, and the flags that it sets."""

import pytest

from justcall.url_models import ContactStatus
from processors.consent_changed import ConsentChanged, entry, url_entry
from tests.support import url_samples
from tests.support.samples import SMS_OPTOUT

NUMBER = "+14155559876"


@pytest.mark.parametrize(("event_type", "out"), [("sms.optout", True), ("sms.optin", False)])
def test_opting_out_and_in(event_type: str, out: bool) -> None:
    """The contact's own text says it."""
    placed = entry(ConsentChanged.model_validate(SMS_OPTOUT["data"]), event_type)
    assert (placed.number, placed.consent) == (NUMBER, {"opted_out": out})
    assert placed.fields["text"] == "STOP"


def test_whoever_is_named_otherwise() -> None:
    """No sample is public: the number may stand in another field."""
    for field in ("contact_number", "phone"):
        named = ConsentChanged.model_validate({field: NUMBER})
        assert entry(named, "sms.optout").number == NUMBER


def test_flags_of_a_contact_are_nested() -> None:
    """They stand in `status`, and not beside it."""
    data = url_samples.DATA["jc.contact_status_updated"] | {"dnd": True, "dnm": True}
    placed = url_entry(ContactStatus.model_validate(data), "jc.contact_status_updated")
    assert placed.number == NUMBER
    assert placed.consent == {"blacklist": True, "dnd": False, "dnm": False}


def test_flags_that_are_not_said_are_not_changed() -> None:
    """Only what an event says becomes state."""
    data = url_samples.DATA["jc.contact_status_updated"] | {"status": {"dnd": "Yes"}}
    placed = url_entry(ContactStatus.model_validate(data), "jc.contact_status_updated")
    assert placed.consent == {"dnd": True}


def test_without_a_number_nobodys_state_changes() -> None:
    """The event is kept where a person finds it."""
    placed = entry(ConsentChanged.model_validate({"message_id": "m"}), "sms.optout")
    assert (placed.number, placed.consent) == ("unknown", {})
