"""`appointment.scheduled` on the timeline."""

from processors.appointment_scheduled import entry
from tests.support import url_samples
from tests.support.samples import APPOINTMENT_SCHEDULED, envelope


def test_entry_of_the_sample() -> None:
    """It is kept with its contact, in whichever envelope it came."""
    for document in (APPOINTMENT_SCHEDULED, url_samples.document("appointment.scheduled")):
        found = entry(envelope(document))
        assert found.number == "+14155559876"
        assert found.fields["appointment_time"] == "2026-03-20 9:00:00"


def test_undocumented_fields_are_shown() -> None:
    """They are shown as they come."""
    odd = {"type": "appointment.scheduled", "data": {"id": 5, "slot": {"with": "Jordan"}}}
    found = entry(envelope(odd))
    assert found.fields["unknown_fields"] == {"slot": {"with": "Jordan"}}
    assert found.subjects == ("appointment:5",)
