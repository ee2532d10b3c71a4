"""`call.missed`: an inbound call that nobody answered."""

from aws.consumer import processor
from justcall.models import AnyCaseDirection, Call, Direction
from justcall.timeline import Entry, call_entry


class CallMissed(Call):
    """Only inbound calls are missed, so the direction may be left out."""

    direction: AnyCaseDirection = Direction.INBOUND


def entry(call: CallMissed) -> Entry:
    """Return the call as it stands on the contact's timeline."""
    return call_entry(call, outcome="missed")


handler = processor("call.missed", CallMissed, entry)
