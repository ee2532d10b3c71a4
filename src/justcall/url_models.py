"""The `data` of url-signed events, as pydantic models.

Source: the field lists of JustCall's developer site. Traps that other receivers fell into:
`call_info.type` is the outcome and `call_info.status` is not; `direction` of a text stands beside
`sms_info`, not in it; flags of a contact are nested in `status`. Unknown fields are kept, and what
does not fit is kept as `unfit`.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from justcall.models import AnyCaseDirection, EventData, Id, Many, Number, Seconds

_YES = frozenset({"yes", "true", "1"})


def _nothing(value: object) -> object:
    # Empty text stands for nothing, in numbers too.
    return None if value == "" else value


def _flag(value: object) -> object:
    return value.strip().lower() in _YES if isinstance(value, str) else value


MaybeText = Annotated[str | None, BeforeValidator(_nothing)]
MaybeSeconds = Annotated[Seconds | None, BeforeValidator(_nothing)]
MaybeId = Annotated[Id | None, BeforeValidator(_nothing)]
MaybeDirection = Annotated[AnyCaseDirection | None, BeforeValidator(_nothing)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Told(EventData):
    """What every url-signed event says of contact and agent."""

    placing = frozenset({"contact_number"})

    contact_number: Number | None = None
    contact_name: MaybeText = None
    contact_email: MaybeText = None
    justcall_number: Number | None = None
    justcall_line_name: MaybeText = None
    agent_id: MaybeId = None
    agent_name: MaybeText = None


class CallInfo(EventData):
    """How a call went."""

    direction: MaybeDirection = None
    type: MaybeText = None
    missed_call_reason: MaybeText = None
    disposition: MaybeText = None
    notes: MaybeText = None
    recording: MaybeText = None
    voicemail_transcription: MaybeText = None


class CallDuration(EventData):
    """How long it took, in seconds."""

    total_duration: MaybeSeconds = None
    conversation_time: MaybeSeconds = None
    ring_time: MaybeSeconds = None


class Call(Told):
    """A call of JustCall or of its sales dialer, at any of its steps."""

    id: MaybeId = None
    call_sid: MaybeText = None
    call_id: MaybeId = None
    sales_dialer_number: Number | None = None
    call_date: MaybeText = None
    call_time: MaybeText = None
    call_info: CallInfo = CallInfo()
    call_duration: CallDuration = CallDuration()
    justcall_ai: Any = None
    ivr_info: Any = None
    campaign: Any = None

    @property
    def own_number(self) -> str | None:
        """The company's own number, as it came."""
        return self.justcall_number or self.sales_dialer_number


class Media(EventData):
    """One attachment."""

    media_url: MaybeText = None


class MessageInfo(EventData):
    """What a message says."""

    body: str | None = None
    mms: Many[Media] | None = None


class Message(Told):
    """An SMS, MMS or WhatsApp message. The direction stands beside `sms_info`."""

    id: MaybeId = None
    direction: MaybeDirection = None
    sms_info: MessageInfo = MessageInfo()
    delivery_status: MaybeText = None
    medium: MaybeText = None

    @property
    def media(self) -> list[str]:
        """The links of all attachments."""
        return [one.media_url for one in self.sms_info.mms or [] if one.media_url]


class ContactFlags(EventData):
    """What a contact does not want; None where nothing is said of it."""

    blacklist: Flag | None = None
    dnd: Flag | None = None
    dnm: Flag | None = None


class ContactStatus(Told):
    """A contact and its flags, which are nested in `status`."""

    id: MaybeId = None
    name: MaybeText = None
    email: MaybeText = None
    status: ContactFlags = ContactFlags()


class Appointment(Told):
    """An appointment; no sample of it is public, so its fields are shown as they come."""

    id: MaybeId = None
    appointment_time: MaybeText = Field(default=None)
