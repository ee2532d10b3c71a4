"""Bodies from files: the bytes as they are, or the delivery inside a Lambda event."""

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cli.errors import UsageError

STDIN = "-"


class Capture(NamedTuple):
    """A delivery's body, and its headers if the file was a Lambda event."""

    body: bytes
    headers: Mapping[str, str] = {}
    from_event: bool = False


def read(option: str, file: str) -> Capture:
    """Return the delivery in a file; `-` is stdin. Raises UsageError."""
    if file == STDIN:
        return unwrapped(sys.stdin.buffer.read())
    try:
        return unwrapped(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"{option} {file}: {error.strerror}") from error


def unwrapped(content: bytes) -> Capture:
    """Return the delivery that a Lambda event of API Gateway holds, or the bytes as they are."""
    event = _event(content)
    if event is None:
        return Capture(content)
    body: str = event.get("body") or ""
    try:
        decoded = (
            base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        )
    except ValueError:  # then the handler cannot read it either
        return Capture(content)
    headers = event.get("headers")
    named = headers.items() if isinstance(headers, dict) else ()
    return Capture(decoded, {str(name).lower(): str(value) for name, value in named}, True)


def _event(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("requestContext"), dict):
        return None
    # An event of JustCall's has `data`. API Gateway's has the body as a text, or none.
    return document if isinstance(document.get("body"), str | None) else None
