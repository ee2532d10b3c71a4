"""The things that several events describe together: a call, a message, an appointment, a contact.

A call is known by all its ids together, so an event has one subject for each id that it names.
Each entry is kept by itself; `justcall.timeline.joined` joins those that share a subject.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from justcall.envelope import Envelope
from justcall.keys import CALL_IDS, MESSAGE_IDS, family, id_of

_CALL = MappingProxyType({"call": CALL_IDS, "voicemail": ("voicemail_id",)})
_MESSAGE = MappingProxyType({"message": MESSAGE_IDS})
# By the first word of a type: the things that it describes, and the fields with their ids. `jc` and
# `sd` are the two products' calls. The `id` of a voicemail or a text is not a call's.
_THINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "call": _CALL,
        "jc": _CALL,
        "sd": _CALL,
        "voicemail": {"call": ("call_sid", "call_id"), "voicemail": ("voicemail_id", "id")},
        "sms": _MESSAGE,
        "whatsapp": _MESSAGE,
        "appointment": {"appointment": ("appointment_id", "id")},
        "contact": {"contact": ("contact_id", "id")},
    }
)
_NAMES = tuple(f"{thing}:" for thing in dict.fromkeys(t for one in _THINGS.values() for t in one))
# Each is a new change of a contact, so it is joined with no other event.
_STANDALONE = frozenset({"jc.contact_status_updated", "sms.optout", "sms.optin"})


def subjects_of(envelope: Envelope) -> Sequence[str]:
    """Return the names of the thing that an event describes, none if it stands alone."""
    if envelope.type in _STANDALONE:
        return ()
    things, product = _THINGS.get(envelope.type.partition(".")[0], {}), family(envelope)
    ids = (
        (thing, id_of(envelope.data.get(field)))
        for thing, fields in things.items()
        for field in fields
    )
    names = (f"{thing}:{product if one.isdigit() else ''}{one}" for thing, one in ids if one)
    return tuple(dict.fromkeys(names))


def is_subject(number: str) -> bool:
    """Tell whether a timeline belongs to a thing whose contact is unknown."""
    return number.startswith(_NAMES)
