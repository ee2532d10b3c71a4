"""`appointment.scheduled`: a contact has an appointment.

It is on the url-signed dialect's list. No sample of it is public, so its fields are shown as they
come, in whichever envelope.
"""

from justcall.timeline import Entry, number_of, without_nothing
from justcall.url_models import Appointment
from messaging.consumer import Reader, processor


def entry(appointment: Appointment, _type: str = "") -> Entry:
    """Return the appointment as it stands on the contact's timeline."""
    shown = {
        "contact_name": appointment.contact_name,
        "agent_id": appointment.agent_id,
        "agent_name": appointment.agent_name,
        "appointment_time": appointment.appointment_time,
        "unknown_fields": appointment.unknown_fields() or None,
    }
    return Entry(number_of(appointment.contact_number, international=True), without_nothing(shown))


reader = Reader(Appointment, entry)
handler = processor("appointment.scheduled", body_signed=reader, url_signed=reader)
