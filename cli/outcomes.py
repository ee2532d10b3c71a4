"""The outcomes of a replay, and why some events are skipped."""

from typing import NamedTuple

from justcall.catalogue import kind_of
from justcall.event import DISMISSED, PROCESSED, UNHANDLED, Event

REPLAYED = "replayed"
SKIPPED = "skipped"
FAILED = "failed"
OUTCOMES = (REPLAYED, SKIPPED, FAILED)


class Outcome(NamedTuple):
    """The outcome of one event; `was` is its status before."""

    key: str
    outcome: str
    was: str | None = None
    note: str | None = None
    replayed_as: str | None = None


def reason_to_skip(event: Event, *, force: bool) -> str | None:
    """Return why an event is not replayed, None if it is."""
    if event.status in (UNHANDLED, DISMISSED) and kind_of(event.type) is None:
        return unhandled(event.type)
    if event.status == PROCESSED and not force:
        return "processed; --force replays it anyway"
    return None


def unhandled(event_type: str) -> str:
    """Return why an event of this type is not processed."""
    return f"no processor for {event_type}"
