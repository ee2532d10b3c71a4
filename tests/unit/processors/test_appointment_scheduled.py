"""`appointment.scheduled` on the timeline."""

from justcall.url_models import Appointment
from processors.appointment_scheduled import entry
from tests.support import url_samples
from tests.support.samples import APPOINTMENT_SCHEDULED


def test_entry_of_the_sample() -> None:
    """It stands with its contact, in whichever envelope it came."""
    for data in (APPOINTMENT_SCHEDULED["data"], url_samples.DATA["appointment.scheduled"]):
        placed = entry(Appointment.model_validate(data))
        assert placed.number == "+14155559876"
        assert placed.fields["appointment_time"] == "2026-03-20 9:00:00"


def test_what_nobody_documented_is_kept() -> None:
    """Its fields are shown as they come."""
    odd = Appointment.model_validate({"contact_number": "1", "slot": {"with": "Jordan"}})
    assert entry(odd).fields["unknown_fields"] == {"slot": {"with": "Jordan"}}
