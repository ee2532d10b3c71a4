"""Stands between the functions and the embedded AWS, and breaks a part of what passes.

Requests are passed on byte for byte, so that their signatures, which cover the host, stay right.
"""

import asyncio
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

# What may happen to one request, and to how many of a thousand.
RATES = {
    "dropped": 15,  # the connection is closed, nothing took effect
    "error": 25,  # 500, 503, throttled or a transaction conflict; nothing took effect
    "delayed": 25,  # the answer comes late, within the client's patience
    "answer too late": 12,  # it took effect; the answer comes after the client's time-out
    "effect too late": 8,  # it takes effect after the client's time-out, and after its next try
    "effect, then dropped": 15,
    "effect, then error": 15,
    "duplicated": 20,  # passed on twice; the client gets one of both answers
}
CUT_OFF = "cut off"  # the gate was shut: the embedded AWS was stopping or gone

_UPSTREAM_SECONDS = 40.0
_HEAD_BYTES = 65_536
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *[\w.]*?(\w+)\r\n", re.IGNORECASE)

# The clients of src/aws/clients.py wait for 1.2 s.
_HELD_BEFORE = {"delayed": (0.05, 0.8), "effect too late": (1.3, 4.0)}
_HELD_AFTER = {"answer too late": (1.3, 2.0)}

_ERRORS = ((500, "InternalServerError"), (503, "ServiceUnavailable"), (400, "ThrottlingException"))


class Request(NamedTuple):
    """One request as it came, and the name of its operation."""

    raw: bytes
    operation: str


class Proxy:
    """Runs in a thread of its own; `upstream` tells the embedded AWS's present port."""

    def __init__(self, upstream: Callable[[], int], seed: int) -> None:
        self._upstream = upstream
        self._rng = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._inflight = 0
        self._open = True
        self.raging = False
        self.injected: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.port = 0

    def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        """Close everything and end the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def shut(self) -> None:
        """Let nothing more through, and wait until nothing is on its way."""
        self._open = False
        end = time.monotonic() + _UPSTREAM_SECONDS
        while self._inflight and time.monotonic() < end:
            time.sleep(0.01)

    def reopen(self) -> None:
        """Let requests through again."""
        self._open = True

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=_HEAD_BYTES, backlog=512
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            while request := await _request(reader):
                answer = await self._answer(request)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client is gone; what it asked for may have taken effect
        finally:
            writer.transport.abort()

    async def _answer(self, request: Request) -> bytes | None:
        """Return what the client is to see, None for a connection that breaks."""
        self.requests[request.operation] += 1
        if not self._open:
            self.injected[CUT_OFF] += 1
            return None
        fault = self._fault()
        if fault is None:
            return await self._pass(request)
        self.injected[fault] += 1
        return await self._break(fault, request)

    def _fault(self) -> str | None:
        if not self.raging:
            return None
        drawn = self._rng.randrange(1000)
        for name, rate in RATES.items():
            if drawn < rate:
                return name
            drawn -= rate
        return None

    async def _break(self, fault: str, request: Request) -> bytes | None:
        if fault == "dropped":
            return None
        if fault == "error":
            return self._error(request, after=False)
        await self._hold(_HELD_BEFORE, fault)
        answer = await self._pass(request)
        if fault == "duplicated":
            answer = self._rng.choice((answer, await self._pass(request)))
        await self._hold(_HELD_AFTER, fault)
        if fault == "effect, then error":
            return self._error(request, after=True)
        return None if fault == "effect, then dropped" else answer

    async def _hold(self, seconds: Mapping[str, tuple[float, float]], fault: str) -> None:
        if fault in seconds:
            await asyncio.sleep(self._rng.uniform(*seconds[fault]))

    def _error(self, request: Request, *, after: bool) -> bytes:
        status, code = self._rng.choice(_ERRORS[:2] if after else _ERRORS)
        document: dict[str, object] = {"__type": f"chaos#{code}", "message": "chaos"}
        if not after and request.operation == "TransactWriteItems" and self._rng.random() < 0.5:
            status = 400
            document["__type"] = "chaos#TransactionCanceledException"
            document["CancellationReasons"] = [{"Code": "TransactionConflict"}, {"Code": "None"}]
        content = json.dumps(document).encode()
        head = f"HTTP/1.1 {status} Chaos\r\ncontent-type: application/x-amz-json-1.0\r\n"
        return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content

    async def _pass(self, request: Request) -> bytes | None:
        """Pass a request on; None if the embedded AWS does not answer, or may not be asked."""
        if not self._open:  # a request that was held back while the gate was shut
            return None
        self._inflight += 1
        try:
            async with asyncio.timeout(_UPSTREAM_SECONDS):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self._upstream(), limit=_HEAD_BYTES
                )
                try:
                    writer.write(request.raw)
                    await writer.drain()
                    return await _message(reader)
                finally:
                    writer.transport.abort()
        except (OSError, asyncio.IncompleteReadError):  # TimeoutError is an OSError
            return None
        finally:
            self._inflight -= 1


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        raw = await _message(reader)
    except asyncio.IncompleteReadError:
        return None
    target = _TARGET.search(raw[: raw.index(b"\r\n\r\n") + 2])
    return Request(raw, target[1].decode() if target else "other")


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one HTTP message as it is."""
    head = await reader.readuntil(b"\r\n\r\n")
    if _CHUNKED.search(head):
        return head + await _chunks(reader)
    length = _LENGTH.search(head)
    return head + await reader.readexactly(int(length[1]) if length else 0)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        found += line + await reader.readexactly(size + 2)
        if not size:
            return found
