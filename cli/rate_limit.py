"""Keeping to JustCall's rate limits, and waiting after a 429."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from cli.errors import UsageError

# The limit of JustCall's smallest plan.
_MAX_REQUESTS, _WINDOW_SECONDS = 30, 60.0
_MAX_WAIT_SECONDS = 150.0


class RateLimit:
    """Waits before requests and after a 429; `report` is called with the reason."""

    def __init__(
        self,
        report: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._report = report
        self._clock, self._sleep = clock, sleep
        self._requests: deque[float] = deque(maxlen=_MAX_REQUESTS)

    def wait(self, seconds: float, why: str) -> None:
        """Wait, and report the reason."""
        self._report(f"{why}: waiting {seconds:.0f} s")
        self._sleep(seconds)

    def pace(self) -> None:
        """Wait until one more request is within the limit of every plan."""
        if len(self._requests) == _MAX_REQUESTS:
            left = self._requests[0] + _WINDOW_SECONDS - self._clock()
            if left > 0:
                self.wait(left, f"JustCall allows {_MAX_REQUESTS} requests a minute")
        self._requests.append(self._clock())

    def wait_out(self, headers: Mapping[str, str]) -> None:
        """Wait as long as a 429 asks for. Raises UsageError if that is too long."""
        seconds = seconds_to_wait(headers, self._clock())
        if seconds > _MAX_WAIT_SECONDS:
            raise UsageError(
                f"JustCall's rate limit asks for {seconds / 60:.0f} min. Run the command again"
                " then; finished changes stay."
            )
        self.wait(seconds, "JustCall's rate limit")


def seconds_to_wait(headers: Mapping[str, str], now: float) -> float:
    """Return how long a 429 asks to wait: Retry-After, else the reset of what is used up."""
    retry_after = headers.get("retry-after", "")
    if retry_after and not _is_number(retry_after):
        try:
            return max(1.0, parsedate_to_datetime(retry_after).timestamp() - now)
        except ValueError:
            retry_after = ""
    resets = ["x-rate-limit-burst-reset", "x-rate-limit-reset"]
    if headers.get("x-rate-limit-remaining") == "0":  # this hour's
        resets.reverse()
    texts = (retry_after, *(headers.get(name, "") for name in resets))
    wait = next(filter(_is_number, texts), _WINDOW_SECONDS)
    # A reset is a moment in epoch seconds; small numbers are seconds from now.
    seconds = float(wait)
    return max(1.0, seconds - now if seconds > 1e9 else seconds)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
