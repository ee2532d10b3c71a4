"""A contact's timeline and consent, one call with all of its events, and its recordings."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from cli import options
from cli.commands.timeline import contact_of
from cli.console import rendering
from cli.errors import NotFoundError, UsageError
from cli.reading import details, recordings, timeline, whole_call
from cli.reading.table import Document
from cli.stack import Stack
from justcall.moments import iso
from justcall.timeline import is_number
from recordings.register import ARCHIVED

_ENTRIES = 50
# A browser plays these. Anything else is offered as a file: nothing of a stranger's is shown.
_PLAYED = ("audio/", "video/")
# Fields that the row of an entry has already, or that a reader does not look for.
APART = (
    "at",
    "key",
    "type",
    "dialect",
    "received_at",
    "events",
    "subjects",
    "recordings",
    "number",
)


def show(request: Request) -> HTMLResponse:
    """Show a contact's timeline, newest first, and the flags of its consent."""
    typed = request.query_params.get("number", "").strip()
    if not typed:
        raise UsageError("Which number? Write it with plus and country code.")
    number, stack = contact_of(typed), request.app.state.stack
    before = options.moment("before", request.query_params.get("before") or None)
    page = timeline.timeline(stack, number, _ENTRIES, iso(before.timestamp()) if before else None)
    has_consent = is_number(number)
    consent = details.contact(stack, number) if has_consent else {"consent": {}, "history": []}
    entries = sorted(page.rows, key=lambda one: str(one["at"]), reverse=True)
    return rendering.page(
        request,
        "contact.html",
        number=number,
        entries=[(one, fields(one)) for one in entries],
        consent=consent,
        older=page.before,
        before=request.query_params.get("before", ""),
        live="",
    )


def call(request: Request) -> HTMLResponse:
    """Show a call or message as one."""
    stack: Stack = request.app.state.stack
    whole = whole_call.of_key(stack, request.query_params.get("key", ""))
    whole.setdefault("events", [whole])
    return rendering.page(request, "call.html", call=whole, fields=fields(whole))


def fields(entry: Document) -> Document:
    """Return the fields of an entry that a person reads; a row is never blank."""
    return {name: value for name, value in entry.items() if name not in APART and value}


def recording(request: Request) -> Response:
    """Play a kept recording through the page: no link to it leaves this machine."""
    stack: Stack = request.app.state.stack
    query = request.query_params
    found = recordings.of_key(stack, query.get("key", ""))
    kept = [one for one in found if (one["link"], one["state"]) == (query.get("link"), ARCHIVED)]
    if not kept:
        raise NotFoundError("This recording is not kept.")
    one = kept[0]
    is_played = str(one["media_type"]).startswith(_PLAYED)
    size, pieces = recordings.content(stack, one)
    headers = {"content-length": str(size)}
    if not is_played:
        headers["content-disposition"] = "attachment"
    media_type = one["media_type"] if is_played else "application/octet-stream"
    return StreamingResponse(pieces, headers=headers, media_type=media_type)
