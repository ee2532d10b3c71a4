"""Templates and their filters. Every text of an event is a stranger's: it is escaped, always."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cli import output, reasons
from cli.commands.timeline import duration
from cli.console.access import Access
from cli.stack import Stack

_TEMPLATES = Path(__file__).parent / "templates"
# A tree opens this many levels; deeper ones are folded.
_OPEN_LEVELS = 2


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters |= {
        "when": output.when,
        "duration": duration,
        "explained": explained,
        "source": source,
        "query": query,
        "scalar": scalar,
    }
    environment.globals |= {"OPEN_LEVELS": _OPEN_LEVELS}
    return environment


def _harmless(value: Any) -> Any:
    """Replace characters that control a display or turn a line around."""
    return output.pretty(value) if type(value) is str else value


def query(values: dict[str, object]) -> str:
    """Return a URL's query with the values that are not empty."""
    return urlencode({name: value for name, value in values.items() if value})


def explained(error: str | None) -> str:
    """Return a recorded error in plain words, empty if there is none."""
    return reasons.explain(error).text if error else ""


def source(document: Any) -> str:
    """Return a body as JSON whose dangerous characters are escapes, which mean the same."""
    return document if isinstance(document, str) else output.json_text(document, indent=2)


def scalar(value: Any) -> str:
    """Return a value of a body as JSON writes it."""
    return json.dumps(value, ensure_ascii=False)


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a template with what every page needs: the stack, the rights and the token."""
    access: Access = request.app.state.access
    stack: Stack = request.app.state.stack
    common = {
        "stack": stack,
        "writes": access.writes,
        "token": access.token,
        "path": request.url.path,
        "live": None,
    }
    return HTMLResponse(_environment().get_template(name).render(common | values), status)
