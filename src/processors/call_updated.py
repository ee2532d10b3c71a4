"""`call.updated`: JustCall knows something more of a call, before, during or after it.

The call rings, is answered, enters or leaves a queue; later come notes, disposition, recording and
the AI report. An update may arrive before its call, and need not say whose call it is. No
body-signed sample of `call.updated` is public; it is built from the fields of a call.
"""

from justcall.entries import call_entry
from justcall.envelope import Envelope
from justcall.models import Call
from justcall.timeline import Entry
from messaging.consumer import processor


class CallUpdated(Call):
    """The fields of a call that are new; everything but an id may be missing."""


def entry(envelope: Envelope) -> Entry:
    """Return what is new, as it is kept beside the call; how the call ended, the call says."""
    return call_entry(envelope, CallUpdated.read(envelope.data))


handler = processor("call.updated", entry)
