"""JustCall's management API: which URLs of an account receive which types of event.

Source: JustCall's developer site. It documents no order, no uniqueness and no paging of the list.
A POST that failed may have taken effect, so this module never retries one.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from cli.credentials import Credentials, refusal
from cli.errors import UsageError
from cli.rate_limit import RateLimit
from local.post import pool

API_URL = "https://api.justcall.io/v2.1"
# Maximum number of 429 in a row before the command gives up.
_MAX_LIMITED = 5
_BACKOFF_SECONDS = (1.0, 2.0, 4.0)
_SECONDS = 30.0
_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")
_MAX_MESSAGE_CHARACTERS = 200


class Webhook(NamedTuple):
    """One URL that receives one type; `id` removes it."""

    type: str
    url: str
    id: str


class RefusedError(UsageError):
    """JustCall refused one request; others may still succeed."""


class UncertainError(UsageError):
    """JustCall did not say whether the request took effect."""


class Api:
    """The webhooks of one account. Every method raises UsageError if no request can succeed."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        report: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        where = parse_url(url)
        host = where.host or ""
        if where.scheme != "https" and not (where.scheme == "http" and host in _THIS_MACHINE):
            raise UsageError(f"--api-url {url}: credentials are sent over https only.")
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._limit = RateLimit(report, clock=clock, sleep=sleep)
        self.wait = self._limit.wait
        self._pool = pool(where.scheme, host, 1)

    def webhooks(self) -> list[Webhook]:
        """Return every URL with every type that it receives."""
        answer = self._repeated("GET", "/webhooks")
        self._require(answer)
        try:
            return [
                Webhook(str(one["type"]), str(hook["webhook_url"]), str(hook["url_id"]))
                for one in answer.json()["data"]
                for hook in one["webhook_urls"] or ()
            ]
        except (ValueError, LookupError, TypeError) as error:
            raise UsageError(
                "JustCall's list of webhooks is not in the documented form."
            ) from error

    def subscribe(self, event_type: str, url: str) -> None:
        """Register a URL for a type. Raises RefusedError or UncertainError."""
        answer, failure = self._once("POST", "/webhooks", {"type": event_type, "webhook_url": url})
        if answer is None:
            raise UncertainError(failure)
        self._require(answer)

    def unsubscribe(self, webhook_id: str) -> None:
        """Remove a URL from a type, unless it is gone already. Raises RefusedError."""
        answer = self._repeated("DELETE", f"/webhooks/url/{quote(webhook_id, safe='')}")
        if answer.status != 404:
            self._require(answer)

    def _require(self, answer: BaseHTTPResponse) -> None:
        """Raise unless the request took effect."""
        if 200 <= answer.status < 300:
            return
        message = self._message(answer)
        if answer.status == 401:
            raise UsageError(refusal(message))
        if answer.status == 403:
            denied = f"JustCall denied this API key permission (403){message}."
            raise UsageError(f"{denied} Check that the key belongs to an admin.")
        raise RefusedError(f"JustCall answered {answer.status}{message}")

    def _repeated(self, method: str, path: str) -> BaseHTTPResponse:
        """Make an idempotent request, with retries."""
        for seconds in (*_BACKOFF_SECONDS, None):
            answer, failure = self._once(method, path)
            if answer is not None:
                return answer
            if seconds is not None:
                self.wait(seconds, failure)
        raise UsageError(f"{failure}. Try again later.")

    def _once(
        self, method: str, path: str, document: Mapping[str, str] | None = None
    ) -> tuple[BaseHTTPResponse | None, str]:
        """Make a request once the rate limit allows it; no answer, and why, if JustCall is down."""
        headers = {"authorization": self._credentials.header, "accept": "application/json"}
        for _ in range(_MAX_LIMITED):
            self._limit.pace()
            try:
                answer = self._pool.request(
                    method,
                    self._url + path,
                    json=document,
                    headers=headers,
                    timeout=Timeout(connect=_SECONDS, read=_SECONDS),
                    retries=False,
                    redirect=False,
                )
            except HTTPError as error:
                return None, f"JustCall's API does not answer ({type(error).__name__})"
            if answer.status >= 500:
                return None, f"JustCall's API answered {answer.status}"
            if answer.status != 429:
                return answer, ""
            self._limit.wait_out(answer.headers)
        raise UsageError("JustCall's rate limit refuses every request. Try again in an hour.")

    def _message(self, answer: BaseHTTPResponse) -> str:
        """Return JustCall's own message without credentials, or nothing."""
        try:
            message = str(answer.json()["message"])
        except (ValueError, LookupError, TypeError):
            return ""
        line = " ".join(self._credentials.hidden(message).split())
        plain = "".join(one for one in line if one.isprintable())
        return f": {plain[:_MAX_MESSAGE_CHARACTERS]}" if plain else ""
