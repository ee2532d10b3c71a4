"""The parties of an event: the contact's number, the company's number, and the direction."""

from typing import Any, NamedTuple

from justcall.models import EventData
from justcall.phone import NO_NUMBER, number_of, region_of
from justcall.values import INBOUND, OUTBOUND

# Words of a type that imply a direction, for events that do not name one. Callers wait in queues;
# messages with a status were sent.
_INBOUND = ("missed", "incoming", "voicemail", "received", "queue", "optout", "optin")
_OUTBOUND = ("initiated", "sent", "delivered", "failed")
# Types about a contact, who is then the only party that `from` or `to` can mean.
_OF_CONTACTS = ("contact", "appointment")


class Parties(NamedTuple):
    """The contact's number in the form of timelines; `fields` are shown with the event.

    `number` is None if the event has no field for the contact, and `unknown` if that field is empty
    or says that the caller withheld the number; `withheld` is true in the second case only.
    """

    number: str | None
    withheld: bool
    fields: dict[str, Any]


def parties_of(event: EventData, event_type: str) -> Parties:
    """Return the parties; the contact is never the company's own number."""
    direction = event.direction or _by_number(event) or implied_direction(event_type)
    if direction == INBOUND and _same(event.justcall_number, event.from_):
        direction = OUTBOUND  # the company's own number calls, so the event is outbound
    contact, own = _sides(event, direction)
    if not direction and any(word in event_type for word in _OF_CONTACTS):
        contact = contact or _only_party(event)
    own_number = number_of(own) if own else None
    number = number_of(contact, region_of(own_number)) if contact else None
    if own and not region_of(own_number):
        own_number = number_of(own, region_of(number))
    shown = {"direction": direction, "justcall_number": own_number}
    if event.direction != direction:
        shown["direction_given"] = event.direction
    shown |= _as_given(event, number, own_number)
    if not number and _is_blank(event, direction):
        return Parties(NO_NUMBER, withheld=False, fields=shown)
    return Parties(number, withheld=number == NO_NUMBER, fields=shown)


def implied_direction(event_type: str) -> str | None:
    """Return the direction that a type implies, or None."""
    inbound = any(word in event_type for word in _INBOUND)
    outbound = any(word in event_type for word in _OUTBOUND)
    return None if inbound is outbound else INBOUND if inbound else OUTBOUND


def _by_number(event: EventData) -> str | None:
    """Return the direction by comparing `from` and `to` with the numbers of known sides.

    If only one of `from` and `to` is there and is not the company's, it is the contact's.
    """
    own, contact = event.justcall_number, event.contact_number
    if _same(own, event.from_) or _same(contact, event.to):
        return OUTBOUND
    if _same(own, event.to) or _same(contact, event.from_):
        return INBOUND
    if own and not (event.from_ and event.to) and (event.from_ or event.to):
        return INBOUND if event.from_ else OUTBOUND
    return None


def _sides(event: EventData, direction: str | None) -> tuple[str | None, str | None]:
    """Return the contact's and the company's number as they came."""
    sides = {INBOUND: (event.from_, event.to), OUTBOUND: (event.to, event.from_)}
    contact, own = sides.get(direction or "", (None, None))
    contact, own = event.contact_number or contact, event.justcall_number or own
    if contact and _same(contact, own):
        others = (one for one in (event.from_, event.to) if one and not _same(one, own))
        contact = next(others, None)
    return contact, own


def _only_party(event: EventData) -> str | None:
    """Return the number in `from` or `to` if the other is missing."""
    return None if event.from_ and event.to else event.from_ or event.to


def _is_blank(event: EventData, direction: str | None) -> bool:
    """Tell whether a field for the contact is there and empty, as for a withheld caller."""
    side = {INBOUND: {"from"}, OUTBOUND: {"to"}}.get(direction or "", set())
    return bool(event.present & (side | {"contact_number", "phone", "phone_number"}))


def _as_given(event: EventData, *numbers: str | None) -> dict[str, Any]:
    """Return the numbers as they came, where that differs from the form that is shown."""
    shown = {number.lstrip("+") for number in numbers if number}
    given = {
        "contact_number": event.contact_number,
        "justcall_number_given": event.justcall_number,
        "from": event.from_,
        "to": event.to,
    }
    return {name: one for name, one in given.items() if one and one.lstrip("+") not in shown}


def _same(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    # Either may be written nationally.
    number = number_of(one, region_of(number_of(other)))
    return number != NO_NUMBER and number == number_of(other, region_of(number))
