"""`call.completed`: a call has ended, inbound or outbound."""

from aws.consumer import processor
from justcall.models import Call
from justcall.timeline import Entry, call_entry


class CallCompleted(Call):
    """Notes and disposition may be missing: one article shows them, another does not."""


def entry(call: CallCompleted) -> Entry:
    """Return the call as it stands on the contact's timeline."""
    return call_entry(call, outcome="completed")


handler = processor("call.completed", CallCompleted, entry)
