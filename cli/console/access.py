"""Who may read the page, and who may write through it.

The page shows numbers and bodies, and it listens where every user of the machine can connect. So a
browser needs the cookie that the printed link sets. A write also needs the token that is in the
page, which no other site can read.
"""

import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN = "/open"
TOKEN_HEADER = "x-console-token"  # noqa: S105  (a header's name)
# Forms hold a key and a reason.
MAX_FORM_BYTES = 64 * 1024
_READS = ("GET", "HEAD")
_SAME = ("same-origin", "none")
_HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_NO_COOKIE = (
    "Open the link that `hooks console` or `make up` printed; this browser has not done so since.\n"
    "If it has, and you came from another site, load this page again.\n"
)


class Access(NamedTuple):
    """The port, the secret of the link and the cookie, and the token of the page's forms."""

    port: int
    key: str
    token: str
    writes: bool

    @property
    def hosts(self) -> tuple[str, str]:
        """The only names that a browser may use for this page."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    def is_key(self, text: str) -> bool:
        """Tell whether a text is the secret, in constant time."""
        return _equal(text, self.key)

    @property
    def cookie(self) -> str:
        """The cookie's name; browsers send cookies to every port, so it names ours."""
        return f"hooks_console_{self.port}"

    @property
    def link(self) -> str:
        """The link that opens the page in a browser."""
        return f"http://127.0.0.1:{self.port}{OPEN}?key={self.key}"


def new_secret() -> str:
    """Return a random text that nobody guesses."""
    return secrets.token_urlsafe(32)


class Guard:
    """Refuses requests for other hosts, from strangers and other sites; adds security headers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                others = [one for one in message["headers"] if one[0].decode() not in _HEADERS]
                message["headers"] = [*others, *ours]
            await send(message)

        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, send_safely)

    def _refusal(self, method: str, path: str, headers: Headers) -> Response | None:
        reason = None
        if headers.getlist("host") not in [[one] for one in self._access.hosts]:
            reason = "This page answers only for 127.0.0.1 and localhost.\n"
        elif path != OPEN and not self._has_cookie(headers):
            reason = _NO_COOKIE
        elif method not in _READS:
            reason = self._reason_not_to_write(headers)
        return PlainTextResponse(reason, 403) if reason else None

    def _has_cookie(self, headers: Headers) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        own = cookies.get(self._access.cookie)
        return own is not None and self._access.is_key(own.value)

    def _reason_not_to_write(self, headers: Headers) -> str | None:
        if not self._access.writes:
            return "This page only reads. Start it with: hooks console --write\n"
        origins = [f"http://{one}" for one in self._access.hosts]
        if headers.get("origin") not in (None, *origins):
            return "Another site sent this.\n"
        if headers.get("sec-fetch-site", "none") not in _SAME:
            return "Another site sent this.\n"
        if not _equal(headers.get(TOKEN_HEADER, ""), self._access.token):
            return "The page is older than this program. Load it again.\n"
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
            return "The form is too long.\n"
        return None


def _equal(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode())
