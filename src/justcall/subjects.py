"""What several events tell of together: a call, from its first ring to its notes, or a message.

Their entries stand on a timeline each by itself, so that none has to know of the others; whoever
reads the timeline joins them (`justcall.timeline.joined`). Twins, such as `sms.received` and
`sms.sent_received` of one text, become one that way. Only an event that does not name the contact
has to find one that does first.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from justcall.catalogue import REPEATABLE, TYPES
from justcall.envelope import URL_SIGNED, Envelope
from justcall.keys import named_id, object_id

# An event of which nobody has told the number yet waits on a timeline of this name.
PENDING = "pending:"
# By the first word of a type; jc and sd are the two products' calls.
_FAMILIES: Mapping[str, str] = MappingProxyType(
    {"call": "call", "voicemail": "call", "jc": "call", "sd": "call", "sms": "sms",
     "whatsapp": "whatsapp"}
)  # fmt: skip
_NOT_OF_ONE_THING = frozenset({"consent.changed", "contact.created", "appointment.scheduled"})


def subject_of(envelope: Envelope) -> str | None:
    """Return the name of what an event tells of together with others, None if it stands alone."""
    family = _family(envelope.type)
    if family is None:
        return None
    if envelope.dialect == URL_SIGNED or family != "call":
        identity = object_id(envelope)
    else:
        identity = named_id(envelope.data, ("call_id",))  # a voicemail has an id of its own too
    return f"{family}:{identity}" if identity else None


def keys_of(subject: str) -> Sequence[str]:
    """Return the keys of the events that may tell on whose timeline a subject stands."""
    family, _, identity = subject.partition(":")
    return [
        f"{event_type}:{identity}"
        for event_type in TYPES
        if _family(event_type) == family and event_type not in REPEATABLE
    ]


def pending(subject: str) -> str:
    """Return the name of the timeline on which events wait for the number of their call."""
    return f"{PENDING}{subject}"


def is_pending(number: str) -> bool:
    """Tell whether this names such a timeline, and no number."""
    return number.startswith(PENDING)


def _family(event_type: str) -> str | None:
    if TYPES.get(event_type) in _NOT_OF_ONE_THING:
        return None
    return _FAMILIES.get(event_type.partition(".")[0])
