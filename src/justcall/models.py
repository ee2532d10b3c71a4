"""What events hold, as pydantic models: one for both dialects; each processor adds its own fields.

A field declares its type and every place in which JustCall puts it, the first first. Sources: the
specification, JustCall's help articles and the field lists of its developer site. Traps that other
receivers fell into: `call_info.type` is the outcome and `call_info.status` is not; a text's
`direction` stands beside `sms_info`; a contact's flags are nested in `status`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, Self, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from justcall.fields import ABSENT, Fields, is_nothing, the_one
from justcall.values import Direction, Id, Seconds, Text, Word


def said(*paths: str) -> Any:
    """Declare where a field may be; without a path, under its own name."""
    return Field(default=None, json_schema_extra={"paths": list(paths)})


def links(*paths: str) -> Any:
    """Declare a list of links: those of all these places, each once."""
    return Field(default=None, json_schema_extra={"paths": list(paths), "links": True})


def flag(path: str) -> Any:
    """Declare a flag. There `false` says something, and nothing is unfit."""
    return Field(default=None, json_schema_extra={"paths": [path], "flag": True})


class EventData(BaseModel):
    """The `data` of any event: who took part, and what no model names.

    No value is refused: one that does not fit its field is kept as `unfit`, as it came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: Direction | None = said("call_info.direction", "direction", "sms_info.direction")
    contact_number: Text | None = said(
        "contact_number", "phone", "phone_number", "contact.number", "contact.phone"
    )
    justcall_number: Text | None = said("justcall_number", "sales_dialer_number")
    from_: Text | None = said("from")
    to: Text | None = said()
    contact_name: Text | None = said("contact_name", "contact.name")
    contact_email: Text | None = said()
    agent_id: Id | None = said("agent_id", "agent.id")
    agent_name: Text | None = said("agent_name", "agent.name")
    agent_email: Text | None = said()
    justcall_line_name: Text | None = said()

    # The fields of `data` that are there, though they may hold nothing.
    given: frozenset[str] = frozenset()
    unknown_fields: dict[str, Any] = {}
    unfit: dict[str, Any] = {}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return the event that `data` holds. Whatever `data` is, nothing is raised."""
        left = Fields(data)
        found: dict[str, Any] = {}
        unfit: dict[str, Any] = {}
        for name, reader in _readers(cls).items():
            if reader.links:
                found[name] = left.links(reader.paths)
                continue
            for path in reader.paths:
                given = left.take(path)
                if given is ABSENT:
                    continue
                value = given if reader.whole else the_one(given)
                if is_nothing(value) and not (value is False and reader.is_flag):
                    unfit |= {path: given} if reader.is_flag else {}
                    continue
                try:
                    found[name] = reader.type.validate_python(value)
                    break
                except ValidationError:
                    unfit[path] = given
        found |= {"given": frozenset(data), "unknown_fields": left.rest(), "unfit": unfit}
        return cast("Self", cls.model_construct(**found))

    def shown(self, *names: str) -> dict[str, Any]:
        """Return some fields under their own names."""
        return {name: getattr(self, name) for name in names}


class Call(EventData):
    """A call at any of its steps. `recording_url` is a link that expires after 24 hours."""

    call_sid: Id | None = said()
    call_id: Id | None = said()
    id: Id | None = said()
    outcome: Word | None = said("call_info.type")
    status: Text | None = said()
    duration: Seconds | None = said(
        "call_duration.conversation_time", "duration", "call_duration.total_duration"
    )
    ring_duration: Seconds | None = said("ring_duration", "call_duration.ring_time")
    recording_url: Text | None = said("recording_url", "call_info.recording", "recording")
    notes: Text | None = said("call_info.notes", "notes")
    disposition: Text | None = said("call_info.disposition", "disposition")
    missed_call_reason: Text | None = said("call_info.missed_call_reason", "missed_call_reason")
    transcription: Text | None = said(
        "call_info.voicemail_transcription", "voicemail_transcription", "transcription"
    )
    justcall_ai: Any = said()
    campaign: Any = said()


class Message(EventData):
    """An SMS, MMS or WhatsApp message."""

    message_id: Id | None = said("message_id", "messageid")
    id: Id | None = said()
    body: Text | None = said("body", "sms_info.body", "content")
    delivery_status: Word | None = said()
    medium: Text | None = said()
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
    """Return how each field is read that a model declares."""
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
