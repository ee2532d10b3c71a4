"""Why an event is where it is, in plain words, and when it is tried again."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from cli import reasons, reinterpreting
from cli.outcomes import unhandled
from cli.reading import table
from cli.reading.table import Document, Item
from cli.stack import Stack
from errors import Unreadable
from justcall.catalogue import kind_of
from justcall.event import QUARANTINED, RECEIVED, STUCK, UNHANDLED
from justcall.moments import epoch, iso
from ledger import bodies, schema
from ledger.items import event_of

# The state of a received event whose processor has failed at least once. The ledger has no such
# status: the message is in its queue, and its next receive is the next attempt.
RETRYING = "retrying"
NO_SCHEDULE: Document = {"max_attempts": None, "next_try_at": None}
_STUCK = "It was sent to its queue eight times, and no processor finished it."


def explain(stack: Stack, events: Sequence[Document]) -> Sequence[Document]:
    """Add `state`, `why` and `place` to events as `table.document` returns them."""
    quarantined = [one["key"] for one in events if one["status"] == QUARANTINED]
    items = table.items(stack, quarantined)
    why = {schema.key_of(one["pk"]["S"]): _unreadable(stack, one) for one in items}
    for one in events:
        one["state"] = RETRYING if is_retrying(one) else one["status"]
        one["why"], one["place"] = why.get(one["key"]), None
        if one["error"]:
            one["why"], one["place"] = reasons.explain(one["error"])
        elif one["status"] == STUCK:
            one["why"] = _STUCK
        elif one["status"] == UNHANDLED:
            one["why"] = _unhandled(one["type"])
    return events


def is_retrying(event: Document) -> bool:
    """Tell whether an event waits for another attempt."""
    return event["status"] == RECEIVED and bool(event["error"])


def schedule(stack: Stack, event: Document) -> Document:
    """Return the most attempts that an event gets, and when the next one is about due.

    A message that failed is received again once its visibility timeout is over.
    """
    url = stack.queues.get(kind_of(event["type"]) or "")
    if not url or not event["attempts"]:
        return NO_SCHEDULE
    answer = stack.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["VisibilityTimeout", "RedrivePolicy"]
    )
    attributes: Any = answer["Attributes"]
    policy = json.loads(attributes.get("RedrivePolicy", "{}"))
    most = int(policy.get("maxReceiveCount", 0)) or None
    next_try = None
    if is_retrying(event) and event["failed_at"]:
        next_try = iso(epoch(event["failed_at"]) + int(attributes["VisibilityTimeout"]))
    return {"max_attempts": most, "next_try_at": next_try}


def _unhandled(event_type: str) -> str:
    if kind_of(event_type) is None:
        return f"{unhandled(event_type).capitalize()}."
    return "Its type has a processor now. Replay it."


def _unreadable(stack: Stack, item: Item) -> str:
    """Return why a quarantined body is no event for today's code."""
    if "replayed_as" in item:
        return f"It was replayed as {item['replayed_as']['S']}."
    key = schema.key_of(item["pk"]["S"])
    items = table.ledger_items(stack, key) if "parts" in item else [item]
    try:
        body = bodies.unpack(items)
        if body is None:
            return "Its body is incomplete."
        reinterpreting.event_in(event_of(item, body))
    except zlib.error:
        return "Its body is damaged."
    except Unreadable as error:
        return reasons.sentence(error.reason)
    return "Today's code can read it. Replay it."
