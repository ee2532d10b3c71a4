"""`consent.changed` on the timeline, and the flags that it sets."""

import pytest

from processors.consent_changed import entry
from tests.support import url_samples
from tests.support.samples import SMS_OPTOUT, Document, envelope

NUMBER = "+14155559876"
STATUS = "jc.contact_status_updated"


@pytest.mark.parametrize(("event_type", "out"), [("sms.optout", True), ("sms.optin", False)])
def test_opting_out_and_in(event_type: str, out: bool) -> None:
    """The type says it, whatever the text is."""
    found = entry(envelope(SMS_OPTOUT | {"event": event_type}))
    assert (found.number, found.consent) == (NUMBER, {"opted_out": out})
    assert (found.fields["text"], found.fields["consent"]) == ("STOP", {"opted_out": out})


def test_contact_in_another_field() -> None:
    """No sample is public: the number may have another name."""
    for field in ("contact_number", "phone", "from"):
        found = entry(envelope({"event": "sms.optout", "data": {field: NUMBER}}))
        assert (found.number, found.subjects) == (NUMBER, ())


def flags(document: Document) -> object:
    return entry(envelope(document)).consent


@pytest.mark.parametrize("field", ["event", "type"])
def test_flags_are_nested_in_either_envelope(field: str) -> None:
    """They are in `status`, and not beside it; no flag that is not there is touched."""
    data = url_samples.DATA[STATUS] | {"dnd": True, "opted_out": True}
    found = flags({field: STATUS, "data": data})
    assert found == {"blacklist": True, "dnd": False, "dnm": False}


def test_flags_without_a_plain_yes_or_no_are_not_changed() -> None:
    """They are shown as they came."""
    found = entry(envelope(url_samples.document(STATUS, status={"dnd": "Yes", "dnm": "maybe"})))
    assert found.consent == {"dnd": True}
    assert found.fields["unfit"] == {"status.dnm": "maybe"}


@pytest.mark.parametrize("field", ["event", "type"])
@pytest.mark.parametrize(
    "value", ["", " ", None, "N/A", 2, -1, "2", [], {}, "nope", [0, 1]], ids=repr
)
def test_flag_that_says_neither_is_kept_as_unfit(field: str, value: object) -> None:
    """It changes nothing, and the entry shows it as it came, also an empty one."""
    data = {"contact_number": NUMBER, "status": {"dnd": value, "dnm": False}}
    found = entry(envelope({field: STATUS, "data": data}))
    assert found.consent == {"dnm": False}
    assert found.fields["unfit"] == {"status.dnd": value}


def test_flag_that_did_not_come_is_not_unfit() -> None:
    found = entry(envelope(url_samples.document(STATUS, status={"dnd": True})))
    assert "unfit" not in found.fields


def test_name_of_the_contact() -> None:
    """It has another field than in other types."""
    found = entry(envelope(url_samples.document(STATUS)))
    assert found.fields["contact_name"] == "Robin Vale"


def test_without_a_number_nobodys_state_changes() -> None:
    """The event is kept where a person finds it."""
    found = entry(envelope({"event": "sms.optout", "data": {"message_id": "m"}}))
    assert (found.number, found.consent) == ("unknown", {})
