"""When a delivery is tried again, and when it is given up."""

import random
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime

# Seconds from each failed attempt to the next: 9 attempts in about 41 hours.
DELAYS = (5, 30, 180, 900, 3_600, 14_400, 43_200, 86_400)
MAX_ATTEMPTS = len(DELAYS) + 1
# A delivery that waits for its destination is given up even if it has attempts left.
MAX_AGE_SECONDS = 48 * 3_600
MAX_RETRY_AFTER_SECONDS = 86_400
# After so many failures in a row a destination is tried by one delivery at a time.
MAX_FAILURES = 5
_FIRST_PAUSE_SECONDS = 10
_LONGEST_PAUSE_SECONDS = 300

type Dice = Callable[[], float]


def delay(attempts: int, asked: float | None, dice: Dice = random.random) -> float | None:
    """Return the seconds until the next attempt, None if there is none.

    `attempts` have failed; `asked` is what the server's Retry-After says. The result is up to a
    fifth more than the schedule, or five seconds more than was asked, so that deliveries that
    failed together do not return together.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    jitter = dice()
    scheduled = DELAYS[attempts - 1] * (1 + 0.2 * jitter)
    return max(scheduled, (asked or 0.0) + DELAYS[0] * jitter)


def pause(failures: int) -> float:
    """Return for how many seconds a destination is left alone after so many failures in a row."""
    if failures < MAX_FAILURES:
        return 0.0
    doubled = _FIRST_PAUSE_SECONDS * 2.0 ** min(failures - MAX_FAILURES, 10)
    return min(doubled, _LONGEST_PAUSE_SECONDS)


def retry_after(value: str, now: float) -> float | None:
    """Return the seconds that a Retry-After asks for, a number or a date; None if it is neither."""
    text = value.strip()
    seconds: float | None = None
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        with suppress(ValueError, TypeError, OverflowError):
            seconds = parsedate_to_datetime(text).timestamp() - now
    return None if seconds is None else min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
