"""One event: its journey, how it was signed, what can be done, and its body."""

from botocore.exceptions import ClientError
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse

from cli import dead_letters, destinations
from cli.commands.dismiss import WAITING
from cli.console import journey, rendering, words
from cli.console.journey import Around
from cli.errors import NotFoundError
from cli.reading import deliveries, details, failures
from cli.reading.table import Document
from cli.stack import Stack
from justcall.event import PROCESSED, QUARANTINED, UNHANDLED

_MAX_DELIVERIES = 1000


def show(request: Request) -> HTMLResponse:
    """Show one event."""
    stack: Stack = request.app.state.stack
    event = details.event(stack, request.query_params.get("key", ""))
    event |= _schedule(stack, event)
    event["dead_letter"] = _dead_letter(stack, event)
    around = _around(stack, event)
    return rendering.page(
        request,
        "event.html",
        event=event,
        steps=journey.steps(event, around),
        meaning=words.STATES.get(event["state"], ""),
        destinations=around.destinations or [],
        is_settled=event["status"] not in WAITING,
        live=event["key"],
    )


def body(request: Request) -> PlainTextResponse:
    """Return an event's body, or that of its evidence, as text to copy."""
    query = request.query_params
    event = details.event(request.app.state.stack, query.get("key", ""))
    bodies = {"": event["body"]} | {one["hash"]: one["body"] for one in event["conflicts"]}
    if query.get("hash", "") not in bodies:
        raise NotFoundError("There is no such conflict.")
    return PlainTextResponse(rendering.source(bodies[query.get("hash", "")]))


def _dead_letter(stack: Stack, event: Document) -> Document | None:
    # Only an event that some processor tried and did not finish can have one. A look at the queue
    # counts as a receive of each letter, so a page that refreshes itself does not look for others.
    if event["status"] in (PROCESSED, UNHANDLED, QUARANTINED) or not event["error"]:
        return None
    try:
        return dead_letters.find(stack, event["key"])
    except ClientError:
        return None


def _around(stack: Stack, event: Document) -> Around:
    has_bus = stack.event_bus is not None
    if not stack.deliveries_queue or not stack.delivery_secret:
        return Around(has_bus, None, [])
    names = [one.name for one in destinations.every(stack)]
    waiting = []
    if event["status"] == PROCESSED:
        waiting = deliveries.deliveries(
            stack, names, failed=True, waiting=True, limit=_MAX_DELIVERIES
        )
    return Around(has_bus, names, waiting)


def _schedule(stack: Stack, event: Document) -> Document:
    try:
        return failures.schedule(stack, event)
    except ClientError:  # an operator without rights to the queue
        return failures.NO_SCHEDULE
