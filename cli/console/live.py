"""Server-sent events: a page is told that something changed, and asks again for what it shows."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from cli.errors import EXPECTED
from cli.reading import events, table
from cli.reading.events import Wanted
from cli.stack import Stack

CHANGED = "event: changed\ndata: now\n\n"
# A comment, which notices a closed connection.
_NOTHING = ": nothing\n\n"
_NEWEST = 50
# Of the time, a watched stack spends at most a fifth on being asked.
_REST = 4
_MAX_KEPT = 100


class Watch:
    """Asks for the newest events, or for one, at most once in `seconds` for all pages together."""

    def __init__(self, stack: Stack, seconds: float) -> None:
        self._stack, self._seconds = stack, seconds
        self._seen: dict[str, tuple[float, str]] = {}
        self._lock = Lock()
        self.pause = seconds

    def look(self, key: str) -> str:
        """Return a text that differs when the events do; without a key, of the newest events."""
        with self._lock:
            until, state = self._seen.get(key, (0.0, ""))
            started = time.monotonic()
            if started < until:
                return state
            state = hashlib.sha256(repr(self._read(key)).encode()).hexdigest()
            took = time.monotonic() - started
            self.pause = max(self._seconds, _REST * took)
            if len(self._seen) > _MAX_KEPT:
                self._seen.clear()
            self._seen[key] = (time.monotonic() + self.pause / 2, state)
            return state

    def _read(self, key: str) -> object:
        if key:
            return table.everything_of(self._stack, key)
        return events.newest(self._stack, Wanted(), _NEWEST).rows


async def stream(request: Request, watch: Watch, is_over: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield a message when the events change, and once at first: the page may be older."""
    key = request.query_params.get("key", "")
    last = None
    while not (is_over() or await request.is_disconnected()):
        try:
            state = await run_in_threadpool(watch.look, key)
        except EXPECTED:  # the stack may be restarting; the page itself says why
            state = last or ""
        yield CHANGED if state != last else _NOTHING
        last = state
        await asyncio.sleep(watch.pause)
