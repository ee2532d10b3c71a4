"""One attempt of a delivery: the POST, and what its answer means."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from deliveries import backoff, signature
from deliveries.message import Delivery
from errors import OutboundFailed
from outbound import requests
from outbound.requests import Room

_HEADERS = {"content-type": "application/json", "user-agent": "justcall-hooks"}
_GONE = 410
# The answers that may say when to come back.
_LATER = (429, 503)


class Result(NamedTuple):
    """What came of an attempt; `reason` is empty if the delivery arrived.

    `retry_after` are the seconds that the receiver asks for; `gone`: it wants no more deliveries.
    """

    reason: str
    milliseconds: int
    status: int | None = None
    retry_after: float | None = None
    gone: bool = False


type Post = Callable[[str, Mapping[str, str], bytes], tuple[int, Mapping[str, str]]]


def posting(room: Room) -> Post:
    """Return what posts a body and returns the answer's status and headers."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
        with requests.send("POST", url, headers, body, room) as answer:
            # The status decides; the body is read so that the server can end its answer.
            with suppress(OutboundFailed):
                answer.read()
            return answer.status, answer.headers

    return post


def attempt(post: Post, url: str, delivery: Delivery, keys: Sequence[str], now: float) -> Result:
    """Post a delivery once, signed with every key."""
    body = delivery.body.encode()
    headers = _HEADERS | dict(signature.headers(delivery.id, int(now), body, keys))
    started = time.monotonic()
    try:
        status, answered = post(url, headers, body)
    except OutboundFailed as error:
        return Result(error.reason, _since(started))
    took = _since(started)
    if 200 <= status < 300:
        return Result("", took, status)
    if status == _GONE:
        return Result("gone", took, status, gone=True)
    asked = backoff.retry_after(answered.get("retry-after", ""), now) if status in _LATER else None
    return Result(_reason(status), took, status, asked)


def _reason(status: int) -> str:
    return "redirected" if 300 <= status < 400 else f"status-{status}"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
