"""Pydantic models of an event's `data`, the same for both dialects; each kind adds its own fields.

A field declares its type and every path at which JustCall puts it, in order of preference. Sources:
the specification, JustCall's help articles and the field lists of its developer site. Other
receivers get these wrong: `call_info.type` is the outcome and `call_info.status` is not; a text's
`direction` is beside `sms_info`, not in it; a contact's flags are nested in `status`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from justcall.fields import ABSENT, Fields, is_empty, unwrap
from justcall.values import Direction, Id, Seconds, Text, Word


def paths(*names: str) -> Any:
    """Declare the paths at which a field may be; by default its own name."""
    return Field(default=None, json_schema_extra={"paths": list(names)})


def links(*names: str) -> Any:
    """Declare a list of links, collected from all these paths, each once."""
    return Field(default=None, json_schema_extra={"paths": list(names), "links": True})


def flag(path: str) -> Any:
    """Declare a flag: `false` is a value, and an empty value is unfit."""
    return Field(default=None, json_schema_extra={"paths": [path], "flag": True})


class EventData(BaseModel):
    """The `data` of any event: both parties, and the fields that no model names.

    No value is refused: a value that does not fit its field is kept as `unfit`, as it came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Direction | None = paths("call_info.direction", "direction", "sms_info.direction")
    contact_number: Text | None = paths(
        "contact_number",
        "phone",
        "phone_number",
        "contact.number",
        "contact.phone",
        "contact.contact_number",
        "contact.phone_number",
    )
    justcall_number: Text | None = paths("justcall_number", "sales_dialer_number")
    from_: Text | None = paths("from")
    to: Text | None = paths()
    contact_name: Text | None = paths("contact_name", "contact.name")
    contact_email: Text | None = paths()
    agent_id: Id | None = paths("agent_id", "agent.id")
    agent_name: Text | None = paths("agent_name", "agent.name")
    agent_email: Text | None = paths()
    justcall_line_name: Text | None = paths()

    # The names of the top-level fields of `data`, empty ones too.
    present: frozenset[str] = frozenset()
    unknown_fields: dict[str, Any] = {}
    unfit: dict[str, Any] = {}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return the event that `data` holds. Never raises, for any `data`."""
        remaining = Fields(data)
        values: dict[str, Any] = {}
        unfit: dict[str, Any] = {}
        for name, reader in _readers(cls).items():
            if reader.links:
                values[name] = remaining.links(reader.paths)
                continue
            for path in reader.paths:
                raw = remaining.take(path)
                if raw is ABSENT:
                    continue
                value = raw if reader.whole else unwrap(raw)
                if is_empty(value) and not (value is False and reader.is_flag):
                    unfit |= {path: raw} if reader.is_flag else {}
                    continue
                try:
                    values[name] = reader.type.validate_python(value)
                    break
                except ValidationError:
                    unfit[path] = raw
        values |= {"present": frozenset(data), "unknown_fields": remaining.rest(), "unfit": unfit}
        return cast("Self", cls.model_construct(**values))

    def pick(self, *names: str) -> dict[str, Any]:
        """Return some fields under their own names."""
        return {name: getattr(self, name) for name in names}


class Call(EventData):
    """A call at any of its steps. `recording_url` is a link that expires after 24 hours."""

    call_sid: Id | None = paths()
    call_id: Id | None = paths()
    id: Id | None = paths()
    outcome: Text | None = paths("call_info.type")
    status: Text | None = paths()
    duration: Seconds | None = paths(
        "call_duration.conversation_time", "duration", "call_duration.total_duration"
    )
    ring_duration: Seconds | None = paths("ring_duration", "call_duration.ring_time")
    recording_url: Text | None = paths("recording_url", "call_info.recording", "recording")
    notes: Text | None = paths("call_info.notes", "notes")
    disposition: Text | None = paths("call_info.disposition", "disposition")
    missed_call_reason: Text | None = paths("call_info.missed_call_reason", "missed_call_reason")
    transcription: Text | None = paths(
        "call_info.voicemail_transcription", "voicemail_transcription", "transcription"
    )
    justcall_ai: Any = paths()
    campaign: Any = paths()


class Message(EventData):
    """An SMS, MMS or WhatsApp message."""

    message_id: Id | None = paths("message_id", "messageid")
    id: Id | None = paths()
    body: Text | None = paths("body", "sms_info.body", "content")
    delivery_status: Word | None = paths()
    medium: Text | None = paths()
    media: list[str] | None = links(
        "media_url", "media_urls", "sms_info.mms", "sms_info.media_url", "mms", "media"
    )


class _Reader(NamedTuple):
    paths: list[str]
    type: TypeAdapter[Any]
    whole: bool
    links: bool
    is_flag: bool


@cache
def _readers(model: type[EventData]) -> Mapping[str, _Reader]:
    """Return the reader of each field that a model declares."""
    return {
        name: _Reader(
            extra["paths"] or [name],
            TypeAdapter(cast("Any", field.annotation)),
            field.annotation is Any,
            extra.get("links", False),
            extra.get("flag", False),
        )
        for name, field in model.model_fields.items()
        if (extra := cast("dict[str, Any]", field.json_schema_extra))
    }
