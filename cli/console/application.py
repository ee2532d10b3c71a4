"""The page's routes, and what it answers to errors."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import typer
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from cli.console import live, rendering
from cli.console.access import OPEN, Access, Guard
from cli.console.live import Watch
from cli.console.pages import actions, around, contact, event, listing
from cli.errors import EXPECTED, NotFoundError, UsageError, explain
from cli.stack import Stack

_STATIC = Path(__file__).parent / "static"
_FILES = ("console.css", "console.js", "icon.svg", "htmx-2.0.11.min.js")
# How often an open page asks for changes. The deployed stack's reads are billed.
LOCAL_SECONDS, DEPLOYED_SECONDS = 1.0, 5.0


def build(stack: Stack, access: Access, is_over: Callable[[], bool]) -> Guard:
    """Return the page as an ASGI application; `is_over` ends the open streams."""
    seconds = LOCAL_SECONDS if stack.is_local else DEPLOYED_SECONDS
    watch = Watch(stack, seconds)

    async def follow(request: Request) -> StreamingResponse:
        events: AsyncIterator[str] = live.stream(request, watch, is_over)
        return StreamingResponse(events, media_type="text/event-stream")

    application = Starlette(
        routes=[
            Route(OPEN, _open),
            Route("/", listing.show),
            Route("/plots", listing.plots),
            Route("/event", event.show),
            Route("/body", event.body),
            Route("/contact", contact.show),
            Route("/call", contact.call),
            Route("/recording", contact.recording),
            Route("/queues", around.queues),
            Route("/destinations", around.places),
            Route("/refused", around.refused),
            Route("/live", follow),
            Route("/static/{name}", _static),
            Route("/do/{action}", actions.act, methods=["POST"]),
        ],
        exception_handlers={
            **dict.fromkeys((*EXPECTED, typer.BadParameter), _failed),
            HTTPException: _no_page,
        },
    )
    application.state.stack, application.state.access = stack, access
    return Guard(application, access)


def _open(request: Request) -> Response:
    """Give the browser that has the link its cookie."""
    access: Access = request.app.state.access
    if not access.is_key(request.query_params.get("key", "")):
        return rendering.page(request, "error.html", 403, text="The link is not this page's.")
    answer = RedirectResponse("/", 303)
    answer.set_cookie(access.cookie, access.key, httponly=True, samesite="strict")
    return answer


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES:
        raise HTTPException(404)
    return FileResponse(_STATIC / name)


def _failed(request: Request, error: Exception) -> Response:
    statuses = {NotFoundError: 404, UsageError: 400, typer.BadParameter: 400}
    status = next((code for kind, code in statuses.items() if isinstance(error, kind)), 502)
    return _error(request, status, explain(error))


def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error(request, status, "There is no such page.")


def _error(request: Request, status: int, text: str) -> Response:
    answer = rendering.page(request, "error.html", status, text=text)
    if "hx-request" in request.headers:
        # A part of a page says it in the page's own place for messages.
        answer.headers.update(
            {"hx-retarget": "#notice", "hx-reselect": "#error", "hx-reswap": "innerHTML"}
        )
    return answer
