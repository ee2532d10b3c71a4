"""Posting deliveries as JustCall does."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx

from cli.errors import UsageError
from justcall import envelope, keys, signature

AT_ONCE = 8
_SECONDS = 30.0


class Sent(NamedTuple):
    """One delivery's answer; `milliseconds` is what the sender waited."""

    key: str | None
    status: int
    answer: str
    milliseconds: float


def send(
    url: str, bodies: Iterable[bytes], secret: str | None, rate: float | None
) -> Iterator[Sent]:
    """Post each body, signed with `secret` (unsigned without one), at most `rate` a second."""
    target = httpx.URL(url)
    headers = {"content-type": "application/json"}
    if target.host.endswith(".localhost"):
        # Not every machine resolves names under localhost.
        headers["host"] = target.netloc.decode()
        target = target.copy_with(host="127.0.0.1")
    with httpx.Client(timeout=_SECONDS) as client, ThreadPoolExecutor(AT_ONCE) as pool:

        def post(body: bytes) -> Sent:
            signed = {signature.HEADER: signature.sign(body, secret)} if secret else {}
            started = time.monotonic()
            try:
                answer = client.post(target, content=body, headers=headers | signed)
            except httpx.HTTPError as error:
                reason = type(error).__name__
                raise UsageError(f"{url} does not answer ({reason}); try: make up") from error
            waited = round((time.monotonic() - started) * 1000, 1)
            return Sent(_key(body), answer.status_code, answer.text, waited)

        yield from pool.map(post, _paced(bodies, rate))


def _paced(bodies: Iterable[bytes], rate: float | None) -> Iterator[bytes]:
    """Yield the bodies no faster than `rate` a second."""
    started = time.monotonic()
    for number, body in enumerate(bodies):
        if rate:
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
        yield body


def _key(body: bytes) -> str | None:
    """Return the key that the receiver will give, None for a probe."""
    body_hash = keys.content_hash(body)
    try:
        read = envelope.read(body)
    except Exception:  # noqa: BLE001  (whatever is unreadable is quarantined)
        return keys.quarantine_key(body_hash)
    return keys.key_of(read, body_hash) if read.data else None
