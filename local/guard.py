"""Start MiniStack behind a guard: `python local/guard.py TOKEN_FILE`.

MiniStack answers every Host and Origin, and takes anyone for its root user. Without the guard, any
web page in a browser here and any user of this machine could call it. MiniStack's own environment
runs this file, so it imports nothing of ours.
"""

import hmac
import importlib
import os
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

TOKEN_HEADER = "x-justcall-hooks-token"  # noqa: S105  (a header's name)

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]

# An attacker can let a name of their own resolve to 127.0.0.1, but none of these names. Any port is
# allowed, because chaos's proxy passes on requests whose signed Host has the proxy's port.
_HOST = re.compile(
    r"(127\.0\.0\.1|localhost|host\.docker\.internal"
    r"|[a-z0-9]+\.execute-api\.localhost"
    r"|([a-z0-9][a-z0-9.-]*\.)?s3(\.[a-z0-9-]+)?\.localhost)(:\d{1,5})?",
    re.IGNORECASE,
)
_OTHER_SITES = (b"cross-site", b"same-site")
_ADMIN = re.compile(r"/(_ministack|_localstack)(/.*)?|/health", re.DOTALL)
# Custom resources answer CloudFormation at a URL with a random UUID; they do not have the token.
_ANSWER = re.compile(r"/_ministack/cfn-response/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# JustCall signs for the handler and not for AWS. MiniStack takes only this spelling of the host for
# an API's; with any other it would answer as AWS, to whoever asks.
_WEBHOOK_HOST = re.compile(rb"[a-f0-9]{8}\.execute-api\.localhost(:\d{1,5})?")
_WEBHOOK_PATH = "/webhooks/justcall"
# MiniStack's own pattern. It reads the key from the header first, and then from the query.
_KEY = re.compile(rb"AWS4-HMAC-SHA256 .*?Credential=([^/]+)/.*", re.DOTALL)
# Keys of users and of roles, such as a function's: MiniStack checks their signatures. It does not
# check those of root, and takes an empty key, `test` and every 12 digits for root's.
_CHECKED_KEY = re.compile(rb"(AKIA|ASIA)[A-Z0-9]{16}")
_MIN_ROOT_KEY = 32

BAD_HOST = "This is not a host of the local stack. Use the URLs in .local/stack.json."
BAD_ORIGIN = "The local stack does not answer web pages."
BAD_TOKEN = "MiniStack's own paths need the token of the local stack."  # noqa: S105  (a sentence)

BAD_KEY = "This is not a key of the local stack. Its root key is in .local/root-key."


class Guard:
    """An ASGI application that refuses requests before MiniStack sees them."""

    def __init__(self, guarded: Application, token: str, root_key: str) -> None:
        if not token:
            raise ValueError("the token is empty")
        if len(root_key) < _MIN_ROOT_KEY:
            raise ValueError("the root key can be guessed")
        self._guarded = guarded
        self._token = token.encode()
        self._root_key = root_key.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass one connection on, or answer it with 403."""
        if scope["type"] == "lifespan":
            await self._guarded(scope, receive, send)
            return
        reason = self.refusal(scope)
        if reason is None:
            await self._guarded(scope, receive, _without_cors(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _refuse(send, reason)

    def refusal(self, scope: Message) -> str | None:
        """Return why a request is refused, or None if MiniStack may answer it."""
        headers = scope["headers"]
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0].decode("latin-1")):
            return BAD_HOST
        sites = _values(headers, b"sec-fetch-site")
        preflight = _values(headers, b"access-control-request-method")
        if (
            _values(headers, b"origin")
            or preflight
            or any(s.lower() in _OTHER_SITES for s in sites)
        ):
            return BAD_ORIGIN
        if scope.get("method") == "PUT" and _ANSWER.fullmatch(scope["path"]):
            return None
        if _ADMIN.fullmatch(scope["path"]):
            return None if self._has_token(headers) else BAD_TOKEN
        if scope["path"] == _WEBHOOK_PATH and _WEBHOOK_HOST.fullmatch(hosts[0]):
            return None
        return None if self._has_key(headers) else BAD_KEY

    def _has_token(self, headers: list[tuple[bytes, bytes]]) -> bool:
        tokens = _values(headers, TOKEN_HEADER.encode())
        return len(tokens) == 1 and hmac.compare_digest(tokens[0], self._token)

    def _has_key(self, headers: list[tuple[bytes, bytes]]) -> bool:
        """Return whether a key signs that is this stack's root's, or one that MiniStack checks."""
        signed = [_KEY.fullmatch(value) for value in _values(headers, b"authorization")]
        if len(signed) != 1 or not signed[0]:
            return False
        key = signed[0][1]
        return hmac.compare_digest(key, self._root_key) or bool(_CHECKED_KEY.fullmatch(key))


def _values(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value.strip() for name, value in headers if name.lower() == wanted]


def _without_cors(send: Send) -> Send:
    """Remove every header that lets a web page read an answer."""

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            message["headers"] = [
                (name, value)
                for name, value in message.get("headers", [])
                if not name.lower().startswith(b"access-control-")
            ]
        await send(message)

    return sending


async def _refuse(send: Send, reason: str) -> None:
    body = f"{reason}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # the request's body is not read
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Start MiniStack's own server with the guard around its application."""
    token = Path(sys.argv[1]).read_text()
    sys.argv[1:] = []  # MiniStack reads the arguments too
    ministack: Any = importlib.import_module("ministack.app")
    # The one key that MiniStack takes for root's and nobody can guess; see `Place.root_key`.
    ministack.app = Guard(ministack.app, token, os.environ["AWS_ACCESS_KEY_ID"])
    ministack.main()


if __name__ == "__main__":
    main()
