"""`appointment.scheduled`: a contact has an appointment, or it is moved or called off.

It is on the url-signed dialect's list. No sample of it is public; fields that are not named here
are shown as they come.
"""

from justcall.entries import entry_of
from justcall.envelope import Envelope
from justcall.models import EventData, paths
from justcall.timeline import Entry
from justcall.values import Id, Text
from messaging.consumer import processor

_FIELDS = ("appointment_id", "id", "appointment_time", "status")


class AppointmentScheduled(EventData):
    """An appointment; the newest event of one says when it is and whether it still is."""

    appointment_id: Id | None = paths()
    id: Id | None = paths()
    appointment_time: Text | None = paths()
    status: Text | None = paths()


def entry(envelope: Envelope) -> Entry:
    """Return the appointment as it is kept on the contact's timeline."""
    appointment = AppointmentScheduled.read(envelope.data)
    return entry_of(envelope, appointment, **appointment.pick(*_FIELDS))


handler = processor("appointment.scheduled", entry)
