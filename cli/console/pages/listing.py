"""The list of events with its filters, and the plots above it."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse

from cli.console import filters, plotting, rendering
from cli.errors import NotFoundError
from cli.reading import events
from cli.reading.events import STATES
from cli.stack import Stack
from justcall.catalogue import KINDS

PAGE_ROWS = 50
# A plot of more is drawn from the newest, and says so.
MAX_PLOTTED = 5000
_MORE = ("contact", "processed_at")


def show(request: Request) -> HTMLResponse:
    """Show the newest events that fit the filters."""
    chosen = filters.read(request.query_params)
    stack: Stack = request.app.state.stack
    page = events.newest(stack, chosen.wanted, PAGE_ROWS, _MORE)
    own = chosen._asdict()
    return rendering.page(
        request,
        "events.html",
        rows=page.rows,
        chosen=own,
        older=own | {"before": page.before} if page.before else None,
        first=own | {"before": ""},
        statuses=STATES,
        kinds=KINDS,
        live="",
    )


def plots(request: Request) -> HTMLResponse:
    """Show the last hour or day as a plot."""
    name = request.query_params.get("span", "hour")
    if name not in plotting.SPANS:
        raise NotFoundError(f"There is no span {name}.")
    span, now = plotting.SPANS[name], datetime.now(UTC)
    stack: Stack = request.app.state.stack
    rows, is_cut = events.recent(stack, now - span.length, MAX_PLOTTED, _MORE)
    return rendering.page(
        request,
        "plot.html",
        plot=plotting.plot(rows, span, now),
        span=span,
        is_cut=is_cut,
        size=(plotting.WIDTH, plotting.HEIGHT),
        order=plotting.ORDER,
    )
