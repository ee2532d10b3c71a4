"""An event's journey as steps; a step whose time the ledger does not keep says so."""

from typing import NamedTuple

from cli import output
from cli.reading.failures import RETRYING
from cli.reading.table import Document
from justcall.event import FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED

DONE, WAITS, WRONG, UNKNOWN, NONE = "done", "waits", "wrong", "unknown", "none"
_NEVER_SENT = (UNHANDLED, QUARANTINED)


class Step(NamedTuple):
    """One step: its state, its time if that is known, and what happened."""

    name: str
    state: str
    at: str | None
    notes: list[str]


class Around(NamedTuple):
    """What is not on the event's own item: the stack's ways out, and deliveries that wait."""

    has_bus: bool
    destinations: list[str] | None  # None: the stack has no HTTP deliveries
    waiting: list[Document]


def steps(event: Document, around: Around) -> list[Step]:
    """Return received → sent → processed → published → delivered."""
    first = [_received(event), _sent(event), _processed(event)]
    if event["status"] != PROCESSED:
        return first
    return [*first, _published(around), _delivered(event, around)]


def _received(event: Document) -> Step:
    own_time = event["event_time"] or event["at"]
    return Step(
        "received",
        DONE,
        event["received_at"],
        _said(
            (own_time, f"The event's own time: {output.when(own_time or '')}."),
            (event["deliveries"] > 1, _duplicates(event)),
            (event["conflicts"], f"{len(event['conflicts'])} with the same key and another body."),
        ),
    )


def _duplicates(event: Document) -> str:
    last = event["last_delivery_at"]
    return (
        f"Delivered {event['deliveries']} times{f', last at {output.when(last)}' if last else ''}."
    )


def _sent(event: Document) -> Step:
    if event["status"] in _NEVER_SENT:
        return Step("sent", WRONG, None, ["Never sent to a queue."])
    first = "First sent right after it was stored; the ledger keeps no time for that."
    again = event["sent_at"]
    notes = _said(
        (not again, first),
        (again, "Sent again then."),
        (event["sweeps"], f"The sweeper sent it {event['sweeps']} times."),
        *((True, f"Replayed at {output.when(one['at'])}, was {one['was']}: {one['reason']}")
          for one in event["replays"]),
        (event["dead_letter"], "Its message is a dead letter."),
    )  # fmt: skip
    return Step("sent", DONE if again else UNKNOWN, again, notes)


def _processed(event: Document) -> Step:
    status = event["status"]
    state = {PROCESSED: DONE, RECEIVED: WAITS}.get(status, WRONG)
    if event["state"] == RETRYING:
        state = WRONG
    at = {FAILED: event["failed_at"], STUCK: event["stuck_at"]}.get(status, event["processed_at"])
    attempts, most = event["attempts"], event["max_attempts"]
    again = event["next_try_at"]
    first, last = event["first_failed_at"], output.when(event["failed_at"] or "")
    notes = _said(
        (attempts, f"{attempts} of {most} attempts." if most else f"{attempts} attempts."),
        (event["why"], str(event["why"])),
        (first, f"An attempt first failed at {output.when(first or '')}, last at {last}."),
        (again, f"The next attempt is due at about {output.when(again or '')}."),
        *(
            (True, f"Dismissed at {output.when(one['at'])}, was {one['was']}: {one['reason']}")
            for one in event["dismissals"]
        ),
        (event["replayed_as"], f"Kept anew as {event['replayed_as']}."),
    )
    return Step("processed", state, at, notes)


def _published(around: Around) -> Step:
    if not around.has_bus:
        return Step("published", NONE, None, ["This stack has no event bus."])
    note = "Right after it was processed; the time is in the publisher's log, not on the ledger."
    return Step("published", UNKNOWN, None, [note])


def _delivered(event: Document, around: Around) -> Step:
    if around.destinations is None:
        return Step("delivered", NONE, None, ["This stack has no HTTP deliveries."])
    if not around.destinations:
        return Step("delivered", NONE, None, ["There are no destinations."])
    own = [one for one in around.waiting if one["key"] == event["key"]]
    if own:
        notes = [
            f"{one['destination']}: {one['state']} after {one['attempts']} attempts, {one['error']}"
            for one in own
        ]
        return Step("delivered", WRONG, own[0]["at"], notes)
    note = "No delivery of it waits. One that arrived leaves no item; it is in the sender's log."
    return Step("delivered", UNKNOWN, None, [note])


def _said(*notes: tuple[object, str]) -> list[str]:
    return [text for is_so, text in notes if is_so]
