"""JustCall's management API: which URLs of an account hear of which types of event.

Source: JustCall's developer site. It documents no order, no uniqueness and no paging of the list;
neither does it say that a POST that failed did nothing, so none is repeated here.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from cli import CALLED
from cli.errors import UsageError
from local.post import pool

API_URL = "https://api.justcall.io/v2.1"
# What the smallest plan may ask: so many within so many seconds.
_AT_MOST, _WINDOW_SECONDS = 30, 60.0
# Waits that JustCall asks for by 429: how many in a row, and the longest.
_LIMITED_TIMES = 5
_LONGEST_WAIT = 150.0
_BACKOFF_SECONDS = (1.0, 2.0, 4.0)
_SECONDS = 30.0
_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")
_TOLD_CHARACTERS = 200

type Tell = Callable[[str], None]


class Webhook(NamedTuple):
    """One URL that hears of one type; `id` is what removes it."""

    type: str
    url: str
    id: str


class Credentials:
    """An API key with its secret; printing it shows neither. Raises UsageError if one can't be."""

    def __init__(self, key: str, secret: str) -> None:
        for name, value in (("key", key), ("secret", secret)):
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                raise UsageError(f"the API {name} is empty or holds what no API {name} does")
        self.header = f"{key}:{secret}"
        self._both = (key, secret)

    def hidden(self, text: str) -> str:
        """Return a text without them: who refuses something may repeat what it was."""
        for value in self._both:
            text = text.replace(value, "…")
        return text


class RefusedError(UsageError):
    """JustCall refused one request; others may still succeed."""


class UncertainError(UsageError):
    """JustCall did not say whether it did what it was asked for."""


class Api:
    """The webhooks of one account; it waits where JustCall asks for it, and says so.

    Everything raises UsageError when there is no use in going on.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        tell: Tell,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        where = parse_url(url)
        host = where.host or ""
        if where.scheme != "https" and not (where.scheme == "http" and host in _THIS_MACHINE):
            raise UsageError(f"--api-url {url}: credentials go over https only")
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._tell = tell
        self._clock, self._sleep = clock, sleep
        self._asked: deque[float] = deque(maxlen=_AT_MOST)
        self._pool = pool(where.scheme, host, 1)

    def webhooks(self) -> list[Webhook]:
        """Return every URL with every type that it hears of."""
        answer = self._repeated("GET", "/webhooks")
        self._require(answer)
        try:
            return [
                Webhook(str(one["type"]), str(hook["webhook_url"]), str(hook["url_id"]))
                for one in answer.json()["data"]
                for hook in one["webhook_urls"] or ()
            ]
        except (ValueError, LookupError, TypeError) as error:
            raise UsageError("JustCall's list of webhooks is none that is documented") from error

    def subscribe(self, event_type: str, url: str) -> None:
        """Let a URL hear of a type. Raises RefusedError or UncertainError."""
        answer, failure = self._once("POST", "/webhooks", {"type": event_type, "webhook_url": url})
        if answer is None:
            raise UncertainError(failure)
        self._require(answer)

    def unsubscribe(self, webhook_id: str) -> None:
        """Remove a URL from a type; one that is gone already is no failure. Raises RefusedError."""
        answer = self._repeated("DELETE", f"/webhooks/url/{quote(webhook_id, safe='')}")
        if answer.status != 404:
            self._require(answer)

    def wait(self, seconds: float, why: str) -> None:
        """Wait, and say why."""
        self._tell(f"{why}: waiting {seconds:.0f} s")
        self._sleep(seconds)

    def _require(self, answer: BaseHTTPResponse) -> None:
        """Raise unless JustCall did what it was asked for."""
        if 200 <= answer.status < 300:
            return
        said = self._message(answer)
        if answer.status == 401:
            raise UsageError(_which(said))
        if answer.status == 403:
            raise UsageError(f"JustCall lets this API key do no such thing (403){said}")
        raise RefusedError(f"JustCall answered {answer.status}{said}")

    def _repeated(self, method: str, path: str) -> BaseHTTPResponse:
        """Ask what may be asked twice, until there is an answer."""
        for seconds in (*_BACKOFF_SECONDS, None):
            answer, failure = self._once(method, path)
            if answer is not None:
                return answer
            if seconds is not None:
                self.wait(seconds, failure)
        raise UsageError(f"{failure}; try again later")

    def _once(
        self, method: str, path: str, document: Mapping[str, str] | None = None
    ) -> tuple[BaseHTTPResponse | None, str]:
        """Ask until the rate limit lets it through; if JustCall is down: no answer, and why."""
        for _ in range(_LIMITED_TIMES):
            self._pace()
            try:
                answer = self._pool.request(
                    method,
                    self._url + path,
                    json=document,
                    headers={
                        "authorization": self._credentials.header,
                        "accept": "application/json",
                    },
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
            self._wait_out(answer)
        raise UsageError("JustCall's rate limit lets nothing through; try again in an hour")

    def _pace(self) -> None:
        """Wait until one more request is within what every plan allows."""
        if len(self._asked) == _AT_MOST:
            left = self._asked[0] + _WINDOW_SECONDS - self._clock()
            if left > 0:
                self.wait(left, f"JustCall allows {_AT_MOST} requests a minute")
        self._asked.append(self._clock())

    def _wait_out(self, answer: BaseHTTPResponse) -> None:
        seconds = seconds_to_wait(answer.headers, self._clock())
        if seconds > _LONGEST_WAIT:
            raise UsageError(
                f"JustCall's rate limit asks for {seconds / 60:.0f} min; try again then:"
                " what is done stays done"
            )
        self.wait(seconds, "JustCall's rate limit")

    def _message(self, answer: BaseHTTPResponse) -> str:
        """Return what JustCall says about it, without credentials, or nothing."""
        try:
            told = answer.json()["message"]
        except (ValueError, LookupError, TypeError):
            return ""
        line = " ".join(self._credentials.hidden(str(told)).split())
        plain = "".join(one for one in line if one.isprintable())
        return f": {plain[:_TOLD_CHARACTERS]}" if plain else ""


def seconds_to_wait(headers: Mapping[str, str], now: float) -> float:
    """Return how long a 429 asks to wait: Retry-After, else the reset of what is used up."""
    retry_after = headers.get("retry-after", "")
    if retry_after and not _is_number(retry_after):
        try:
            return max(1.0, parsedate_to_datetime(retry_after).timestamp() - now)
        except ValueError:
            retry_after = ""
    by_hour = headers.get("x-rate-limit-remaining") == "0"
    resets = ("x-rate-limit-reset", "x-rate-limit-burst-reset")
    names = resets if by_hour else resets[::-1]
    told = next(
        (
            text
            for text in (retry_after, *(headers.get(name, "") for name in names))
            if _is_number(text)
        ),
        f"{_WINDOW_SECONDS:.0f}",
    )
    # A reset is a moment in epoch seconds; small numbers are seconds from now.
    seconds = float(told)
    return max(1.0, seconds - now if seconds > 1e9 else seconds)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _which(said: str) -> str:
    """Return which credential JustCall refuses, as far as it says so."""
    credentials = {
        "key": "the API key (--api-key, JUSTCALL_API_KEY)",
        "secret": f"the API secret (the stack's; a newer one: {CALLED} secret rotate)",
    }
    named = [told for word, told in credentials.items() if word in said.lower()]
    if len(named) == 1:
        return f"JustCall refuses {named[0]} (401){said}"
    return f"JustCall refuses {' or '.join(credentials.values())} (401){said}"


def documents(found: list[Webhook], own: str) -> list[dict[str, Any]]:
    """Return webhooks with the keys that docs/cli.md promises."""
    return [
        {"type": one.type, "webhook_url": one.url, "url_id": one.id, "own": one.url == own}
        for one in found
    ]
