"""`call.completed`: a call has ended, inbound or outbound."""

from justcall import url_timeline
from justcall.models import Call
from justcall.timeline import Entry, call_entry
from justcall.url_models import Call as UrlCall
from messaging.consumer import Reader, processor


class CallCompleted(Call):
    """Notes and disposition may be missing: one article shows them, another does not."""


def entry(call: CallCompleted, _type: str = "") -> Entry:
    """Return the call as it stands on the contact's timeline."""
    return call_entry(call, outcome="completed")


def url_entry(call: UrlCall, _type: str = "") -> Entry:
    """Return a url-signed call, of JustCall or of its sales dialer."""
    return url_timeline.call_entry(call, outcome="completed")


handler = processor(
    "call.completed",
    body_signed=Reader(CallCompleted, entry),
    url_signed=Reader(UrlCall, url_entry),
)
