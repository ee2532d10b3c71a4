"""Queues and dead letters, destinations, and refused requests."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import HTMLResponse

from cli import dead_letters, destinations, options
from cli.console import rendering
from cli.errors import UsageError
from cli.reading import deliveries, refusals
from cli.stack import Stack

_LETTERS = 50
_WAITING = 100
_THREADS = 8


def queues(request: Request) -> HTMLResponse:
    """Show the depth of each queue, and the dead letters."""
    stack: Stack = request.app.state.stack
    urls = {**stack.queues, "dead letters": stack.dead_letter_queue}
    if stack.deliveries_queue:
        urls["deliveries"] = stack.deliveries_queue
    with ThreadPoolExecutor(_THREADS) as pool:
        depths = list(pool.map(lambda url: dead_letters.count(stack, url), urls.values()))
    letters = dead_letters.look(stack)
    return rendering.page(
        request,
        "queues.html",
        queues=list(zip(urls, depths, strict=True)),
        letters=dead_letters.documents(stack, letters[:_LETTERS]),
        kinds=Counter(one.kind for one in letters).most_common(),
        is_cut=len(letters) > _LETTERS,
    )


def places(request: Request) -> HTMLResponse:
    """Show the destinations, their state, and the deliveries that have not arrived."""
    stack: Stack = request.app.state.stack
    has_deliveries = bool(stack.deliveries_queue and stack.delivery_secret)
    every = destinations.every(stack) if has_deliveries else []
    names = [one.name for one in every]
    return rendering.page(
        request,
        "destinations.html",
        has_deliveries=has_deliveries,
        destinations=[deliveries.document(stack, one) for one in every],
        waiting=deliveries.deliveries(stack, names, failed=True, waiting=True, limit=_WAITING),
    )


def refused(request: Request) -> HTMLResponse:
    """Show the refused requests by reason."""
    text = request.query_params.get("since") or "24h"
    moment = options.moment("since", text)
    if moment is None:
        raise UsageError("since: write for example 2h.")
    rows, is_cut = refusals.refusals(request.app.state.stack, moment)
    return rendering.page(request, "refused.html", since=text, rows=rows, is_cut=is_cut)
