"""`call.updated`: something more is known of a call, before, during or after it.

It rings, is answered, enters or leaves a queue; later come notes, disposition, recording and what
JustCall's AI makes of it. Such news may come before the call itself, and need not say whose call it
is. No body-signed sample of `call.updated` is public; it is built from the fields of a call.
"""

from typing import Annotated

from pydantic import Field

from justcall import url_timeline
from justcall.models import AnyCaseDirection, Call, Direction, Number
from justcall.timeline import NO_NUMBER, Entry, call_entry
from justcall.url_models import Call as UrlCall
from messaging.consumer import Reader, processor


class CallUpdated(Call):
    """Everything but the call's id may be missing."""

    direction: AnyCaseDirection = Direction.INBOUND
    from_: Annotated[Number | None, Field(alias="from")] = None
    to: Number | None = None

    @property
    def says_direction(self) -> bool:
        """Whether it says who of the two numbers is the contact."""
        return "direction" in self.model_fields_set


def entry(call: CallUpdated, _type: str = "") -> Entry:
    """Return what is new, as it stands on the timeline beside the call."""
    full = call_entry(call, outcome=None)
    if call.says_direction:
        return full
    unsaid = ("direction", "justcall_number")
    return Entry(NO_NUMBER, {name: full.fields[name] for name in full.fields if name not in unsaid})


def url_entry(call: UrlCall, _type: str = "") -> Entry:
    """Return what a url-signed event adds to its call."""
    return url_timeline.call_entry(call, outcome=None)


handler = processor(
    "call.updated", body_signed=Reader(CallUpdated, entry), url_signed=Reader(UrlCall, url_entry)
)
