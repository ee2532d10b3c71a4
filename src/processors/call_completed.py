"""`call.completed`: a call has ended, inbound or outbound."""

from justcall.entries import call_entry
from justcall.envelope import Envelope
from justcall.models import Call
from justcall.timeline import Entry
from messaging.consumer import processor


class CallCompleted(Call):
    """A call of JustCall or of its sales dialer. Notes and disposition may come later."""


def entry(envelope: Envelope) -> Entry:
    """Return the call as it is kept on the contact's timeline."""
    return call_entry(envelope, CallCompleted.read(envelope.data), outcome="completed")


handler = processor("call.completed", entry)
