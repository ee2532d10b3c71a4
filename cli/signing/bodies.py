"""The forms in which a sender may have signed a body, each with what it means."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Any

from cli.signing.forms import Form

_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")
# How serialisers in use separate members and elements.
_LAYOUTS: tuple[dict[str, Any], ...] = (
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"indent": 4},
    {"indent": "\t"},
)


def bodies(body: bytes) -> Iterator[Form[bytes]]:
    """Yield the bodies that the sender may have signed instead of this one."""
    yield Form(body)
    yield from _line_ends(body)
    yield from _encodings(body)
    yield from _serialised(body)


def _line_ends(body: bytes) -> Iterator[Form[bytes]]:
    added = "These bytes have a line end or space that the signed body lacks. Editors add one."
    for one in (body.removesuffix(b"\n"), body.removesuffix(b"\r\n"), body.strip()):
        yield Form(one, "trailing-newline", added)
    missing = "The signed body ends with a line end, which these bytes lack."
    yield Form(body + b"\n", "trailing-newline", missing)
    yield Form(body + b"\r\n", "trailing-newline", missing)
    unix = body.replace(b"\r\n", b"\n")
    other = "The signed body has other line ends (CRLF, LF) inside."
    yield Form(unix, "line-ends", other)
    yield Form(unix.strip(), "line-ends", other)
    yield Form(unix.replace(b"\n", b"\r\n"), "line-ends", other)
    yield Form(
        body.removeprefix(b"\xef\xbb\xbf"), "byte-order-mark", "A byte order mark was added."
    )


def _encodings(body: bytes) -> Iterator[Form[bytes]]:
    for name in ("latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"):
        other = (
            f"These bytes are the signed body in another encoding: {name} and UTF-8 were mixed up."
        )
        with suppress(UnicodeError):
            yield Form(body.decode(name).encode(), "body-encoding", other)
        with suppress(UnicodeError):
            yield Form(body.decode().encode(name), "body-encoding", other)
    if _BASE64.fullmatch(body):
        with suppress(ValueError):
            whole = "These bytes are the signed body in base64. Decode it first."
            yield Form(base64.b64decode(body), "body-base64", whole)
    yield Form(base64.b64encode(body), "body-base64", "The body's base64 form was signed.")


def _serialised(body: bytes) -> Iterator[Form[bytes]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(document, str):
        yield Form(
            document.encode(), "body-quoted", "These bytes are the signed body as a JSON text."
        )
    says = (
        "The signed body is the same JSON, written differently: it was parsed and serialised again."
    )
    switches = product(_LAYOUTS, (False, True), (False, True), (False, True), (b"", b"\n"))
    for layout, ascii_only, by_name, slashes, end in switches:
        with suppress(ValueError, RecursionError):
            text = json.dumps(document, ensure_ascii=ascii_only, sort_keys=by_name, **layout)
            text = text.replace("/", "\\/") if slashes else text  # as PHP does
            yield Form(text.encode() + end, "re-serialised", says)
