"""Waiting for something that another process does."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 30.0


def until(done: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Poll until it is so; fail, naming what was waited for, if it takes too long."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)
