"""What the kinds' data have in common, as pydantic models; each processor adds its own fields.

Unknown fields are kept: JustCall adds some without notice. The fields' source is the
specification and JustCall's help articles; where two of them differ, both forms are accepted.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# Ids are numbers in some samples and texts in others; masked ones show no length to rely on.
Id = int | str
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Direction(StrEnum):
    """Who began: a contact (inbound) or an agent (outbound)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AnyCaseDirection = Annotated[Direction, BeforeValidator(_lower)]
# Numbers are documented as text; one that comes as digits of JSON is the same number.
Number = Annotated[str, BeforeValidator(_as_text)]


class EventData(BaseModel):
    """The `data` of any event."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def unknown_fields(self) -> dict[str, Any]:
        """Return the fields that no model names, in JSON's types."""
        return self.model_dump(mode="json", include=set(self.model_extra or {}))


class Conversation(EventData):
    """A call or a text between a contact and one of the company's numbers."""

    direction: AnyCaseDirection
    from_: Number | None = Field(alias="from")
    to: Number | None
    agent_id: Id | None = None
    agent_name: str | None = None

    @property
    def contact_number(self) -> str | None:
        """The external party's number, as it came."""
        return self.from_ if self.direction is Direction.INBOUND else self.to

    @property
    def justcall_number(self) -> str | None:
        """The company's own number, as it came."""
        return self.to if self.direction is Direction.INBOUND else self.from_


class Call(Conversation):
    """A call that is over. `recording_url` is a signed link that expires after 24 hours."""

    call_id: Id | None = None
    status: str | None = None
    duration: Seconds | None = None
    ring_duration: Seconds | None = None
    recording_url: str | None = None
    notes: str | None = None
    disposition: str | None = None


class Text(Conversation):
    """An SMS or MMS. Media come as `media_url` in one article, as `media_urls` in another."""

    message_id: Id | None = None
    body: str | None = None
    media_url: str | None = None
    media_urls: list[str] | None = None

    @property
    def media(self) -> list[str]:
        """The links of all media, whichever field they came in, each once."""
        links = [*([self.media_url] if self.media_url else []), *(self.media_urls or [])]
        return list(dict.fromkeys(links))
