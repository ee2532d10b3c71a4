"""`call.updated`: notes, disposition or recording of a call are added or changed later.

It may come before the call itself, and it need not say whose call it is. No body-signed sample of
it is public; it is built from the fields of a call.
"""

from typing import Annotated

from pydantic import Field

from aws.consumer import processor
from justcall.models import AnyCaseDirection, Call, Direction, Number
from justcall.timeline import NO_NUMBER, Entry, call_entry


class CallUpdated(Call):
    """Everything but the call's id may be missing."""

    direction: AnyCaseDirection = Direction.INBOUND
    from_: Annotated[Number | None, Field(alias="from")] = None
    to: Number | None = None

    @property
    def says_direction(self) -> bool:
        """Whether it says who of the two numbers is the contact."""
        return "direction" in self.model_fields_set


def entry(call: CallUpdated) -> Entry:
    """Return what is new, as it stands on the timeline beside the call."""
    full = call_entry(call, outcome=None)
    if call.says_direction:
        return full
    unsaid = ("direction", "justcall_number")
    return Entry(NO_NUMBER, {name: full.fields[name] for name in full.fields if name not in unsaid})


handler = processor("call.updated", CallUpdated, entry)
