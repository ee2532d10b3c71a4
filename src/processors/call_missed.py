"""`call.missed`: an inbound call that nobody answered."""

from justcall import url_timeline
from justcall.models import AnyCaseDirection, Call, Direction
from justcall.timeline import Entry, call_entry
from justcall.url_models import Call as UrlCall
from messaging.consumer import Reader, processor


class CallMissed(Call):
    """Only inbound calls are missed, so the direction may be left out."""

    direction: AnyCaseDirection = Direction.INBOUND


def entry(call: CallMissed, _type: str = "") -> Entry:
    """Return the call as it stands on the contact's timeline."""
    return call_entry(call, outcome="missed")


def url_entry(call: UrlCall, _type: str = "") -> Entry:
    """Return a url-signed call, whose `call_info` says whether it was missed or abandoned."""
    return url_timeline.call_entry(call, outcome="missed")


handler = processor(
    "call.missed", body_signed=Reader(CallMissed, entry), url_signed=Reader(UrlCall, url_entry)
)
