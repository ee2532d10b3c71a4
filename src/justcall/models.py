"""What the kinds' data have in common, as pydantic models; each processor adds its own fields.

Unknown fields are kept: JustCall adds some without notice. The fields' source is the
specification and JustCall's help articles; where two of them differ, both forms are accepted.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

# Ids are numbers in some samples and texts in others; masked ones show no length to rely on.
Id = int | str
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
# No message has more; each would be an object in a processor's memory, several hundred bytes large.
MOST_MEDIA = 1000
# One error is enough: a list of 300,000 numbers would give as many, in half a gigabyte. A list that
# does not fit is kept as it came.
type Many[Item] = Annotated[list[Item], FailFast(), Field(max_length=MOST_MEDIA)]


class Direction(StrEnum):
    """Who began: a contact (inbound) or an agent (outbound)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


# Both dialects' words. "Outgoing" holds "going", and must not be found by a part of it.
_DIRECTIONS = {"incoming": Direction.INBOUND, "outgoing": Direction.OUTBOUND}


def _direction(value: object) -> object:
    word = value.strip().lower() if isinstance(value, str) else value
    return _DIRECTIONS.get(word, word) if isinstance(word, str) else word


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AnyCaseDirection = Annotated[Direction, BeforeValidator(_direction)]
# Numbers are documented as text; one that comes as digits of JSON is the same number.
Number = Annotated[str, BeforeValidator(_as_text)]


class EventData(BaseModel):
    """The `data` of any event.

    `placing` names the fields without which an event has no place on a timeline. Any other whose
    value does not fit its type is left out and kept as it came, as an unknown field `unfit`: a
    strange note is no reason to lose sight of a call.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    placing: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="wrap")
    @classmethod
    def _keep_what_does_not_fit(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            unfit = {str(one["loc"][0]) if one["loc"] else "" for one in error.errors()}
            if not isinstance(data, dict) or not unfit <= data.keys() - cls.placing:
                raise
            kept = {name: value for name, value in data.items() if name not in unfit}
            return handler(kept | {"unfit": {name: data[name] for name in sorted(unfit)}})

    def unknown_fields(self) -> dict[str, Any]:
        """Return the fields that no model names, in JSON's types, those of inner objects too."""
        found: dict[str, Any] = self.model_dump(mode="json", include=set(self.model_extra or {}))
        for name in type(self).model_fields:
            inner = getattr(self, name)
            if isinstance(inner, EventData) and (unknown := inner.unknown_fields()):
                found[name] = unknown
        return found


class Conversation(EventData):
    """A call or a text between a contact and one of the company's numbers."""

    placing = frozenset({"direction", "from", "to"})

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
    media_urls: Many[str] | None = None

    @property
    def media(self) -> list[str]:
        """The links of all media, whichever field they came in, each once."""
        links = [*([self.media_url] if self.media_url else []), *(self.media_urls or [])]
        return list(dict.fromkeys(links))
