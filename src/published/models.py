"""The published form as pydantic models; schemas/ is generated from them.

They describe and do not check: an event is published as the ledger holds it, and a test compares
both. A field that holds nothing is absent, never null. New fields may come within v1.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import SkipJsonSchema

Text = str | SkipJsonSchema[None]
Id = int | str | SkipJsonSchema[None]
Seconds = float | SkipJsonSchema[None]
Dialect = Literal["body-signed", "url-signed"]
Texts = list[str] | SkipJsonSchema[None]


class Form(BaseModel):
    """A part of the form. Consumers must ignore fields that they do not know."""

    model_config = ConfigDict(extra="allow", serialize_by_alias=True)


class Shared(Form):
    """Who took part, and what this version of the program has no name for."""

    direction: Literal["inbound", "outbound"] | SkipJsonSchema[None] = None
    number: Text = Field(None, description="The contact's number, E.164 or as it came.")
    contact_number: Text = Field(None, description="The contact's number as it came.")
    justcall_number: Text = Field(None, description="Your number.")
    justcall_number_given: Text = Field(None, description="Your number as it came.")
    from_: Text = Field(None, alias="from", description="The caller's number as it came.")
    to: Text = Field(None, description="The called number as it came.")
    justcall_line_name: Text = None
    agent_id: Id = None
    agent_name: Text = None
    agent_email: Text = None
    contact_name: Text = None
    contact_email: Text = None
    unknown_fields: dict[str, Any] | SkipJsonSchema[None] = Field(
        None, description="Fields of JustCall's that this version has no name for."
    )
    unfit: dict[str, Any] | SkipJsonSchema[None] = Field(
        None, description="Fields whose values are not of their type, as they came."
    )
    left_out: Texts = Field(None, description="Fields that were too long to publish.")


class CallFields(Shared):
    """What is known of a call."""

    call_sid: Id = None
    call_id: Id = None
    id: Id = None
    status: Text = None
    outcome: Text = Field(None, description="completed, missed, voicemail, or JustCall's word.")
    outcome_given: Text = Field(None, description="JustCall's word as it came, if it has one.")
    duration_seconds: Seconds = None
    ring_seconds: Seconds = None
    recording_url: Text = Field(None, description="A link that expires after 24 hours.")
    call_recording_url: Text = None
    voicemail_id: Id = None
    notes: Text = None
    disposition: Text = None
    missed_reason: Text = None
    text: Text = Field(None, description="The voicemail's transcription.")
    ai: Any = Field(None, description="JustCall's AI report.")
    campaign: Any = None


class MessageFields(Shared):
    """What is known of a text message."""

    message_id: Id = None
    id: Id = None
    text: Text = None
    media: Texts = Field(None, description="Links to attachments.")
    delivery_status: Text = None
    medium: Text = None
    consent: dict[str, bool] | SkipJsonSchema[None] = Field(
        None, description="Consent flags that the event sets or clears."
    )


class ContactFields(Shared):
    """A new contact."""

    contact_id: Id = None
    id: Id = None
    name: Text = None
    first_name: Text = None
    last_name: Text = None
    email: Text = None
    company: Text = None
    custom_fields: Any = None
    created_at: Text = None


class AppointmentFields(Shared):
    """An appointment."""

    appointment_id: Id = None
    id: Id = None
    appointment_time: Text = None
    status: Text = None


class RecordingFields(Form):
    """A file that an event links to: its place in the bucket, or why it is not there."""

    what: Literal["recording", "voicemail", "media"]
    bucket: Text = None
    object_key: Text = Field(None, description="Of the file.")
    sidecar_key: Text = Field(None, description="Of the JSON document beside it.")
    media_type: Text = Field(None, description="By its content, not by its name.")
    bytes: int | SkipJsonSchema[None] = None
    sha256: Text = Field(None, description="In hexadecimal.")
    reason: Text = Field(None, description="Why it was given up.")
    attempts: int | SkipJsonSchema[None] = None
    host: Text = Field(
        None, description="The host of the link that was given up, or of its redirect."
    )


class Event(Form):
    """The event by itself, normalised."""

    key: str = Field(description="The event's key, the same in `hooks show KEY`.")
    type: str = Field(description="JustCall's name for the event.")
    dialect: Dialect = Field(description="body-signed events are authentic in every field.")
    at: str = Field(description="When it happened (UTC).")
    received_at: str = Field(description="When it was received (UTC).")
    subjects: Texts = Field(None, description="Names of what it describes, such as call:ID.")


class Member(Form):
    """An event of a call or message."""

    key: str
    type: str
    dialect: Dialect
    at: str


class Whole(Form):
    """A call or message as far as it is known. Take the highest revision; the order is free."""

    ids: list[str] = Field(description="Every id of it that is known. Look it up by any of them.")
    at: str = Field(description="When its first event happened (UTC).")
    revision: int = Field(description="Higher for every change of the events of it.")
    events: list[Member] = Field(description="Its processed events.")


class WholeCall(Whole, CallFields):
    """A call as far as it is known. Take the highest revision; the order is free."""


class WholeMessage(Whole, MessageFields):
    """A message as far as it is known. Take the highest revision; the order is free."""


# Events of ours: what became of a recording. JustCall sends none of these.
RECORDING_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "recording.archived": "a recording, voicemail or attachment is in the bucket",
        "recording.failed": "a recording, voicemail or attachment was given up",
    }
)
CALL, MESSAGE = "call", "message"
WHOLES: Mapping[str, type[Whole]] = MappingProxyType({CALL: WholeCall, MESSAGE: WholeMessage})
# The fields of each kind's events, and the whole (call or message) that comes with them.
_KINDS: Mapping[str, tuple[type[Shared], str | None]] = MappingProxyType(
    {
        "call.completed": (CallFields, CALL),
        "call.missed": (CallFields, CALL),
        "sms.received": (MessageFields, MESSAGE),
        "sms.sent": (MessageFields, MESSAGE),
        "voicemail.received": (CallFields, CALL),
        "contact.created": (ContactFields, None),
        "call.updated": (CallFields, CALL),
        "message.status": (MessageFields, MESSAGE),
        "consent.changed": (MessageFields, None),
        "appointment.scheduled": (AppointmentFields, None),
    }
)


def model(kind: str) -> type[Form]:
    """Return the model of the CloudEvents of one kind."""
    fields, whole = _KINDS.get(kind, (Shared, None))
    own: Any = {"kind": (Literal[kind], ...)}
    event: Any = create_model("EventOfKind", __base__=(Event, fields), __doc__=Event.__doc__, **own)
    besides: Any = {whole: (_optional(WHOLES[whole]), None)} if whole else {}
    if kind in RECORDING_KINDS:
        besides["recording"] = (RecordingFields, ...)
    data: Any = create_model("Data", __base__=Form, event=(event, ...), **besides)
    text: Any = (str, ...)
    attributes: Any = {
        "specversion": (Literal["1.0"], ...),
        "id": (str, Field(description="Unique to this content; constant when published again.")),
        "source": (str, Field(description="urn:justcall-hooks:STACK")),
        "type": (Literal[f"justcall.{kind}.v1"], ...),
        "subject": (Text, Field(None, description="The contact's number, if it is known.")),
        "time": (str, Field(description="When it happened (UTC).")),
        "dataschema": text,
        "datacontenttype": (Literal["application/json"], ...),
        "data": (data, ...),
    }
    made: type[Form] = create_model("CloudEvent", __base__=Form, **attributes)
    return made


def _optional(form: Any) -> Any:
    """Return the type of a field that is absent or holds this."""
    nothing: Any = SkipJsonSchema
    return form | nothing[None]
