"""`call.missed`: an inbound call that nobody answered."""

from justcall.entries import call_entry
from justcall.envelope import Envelope
from justcall.models import Call
from justcall.timeline import Entry
from messaging.consumer import processor


class CallMissed(Call):
    """A call whose `call_info.type` may say more: missed or abandoned."""


def entry(envelope: Envelope) -> Entry:
    """Return the call as it is kept on the contact's timeline."""
    return call_entry(envelope, CallMissed.read(envelope.data), outcome="missed")


handler = processor("call.missed", entry)
