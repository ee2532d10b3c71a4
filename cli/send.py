"""Posting deliveries as JustCall does."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import NamedTuple

from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.util import parse_url

from cli.errors import UsageError
from errors import Unreadable
from justcall import envelope, keys, signature
from local.post import Receiver

AT_ONCE = 8
# So many are handed out before the first of them is answered: one slow answer stops nobody, and
# an endless number of bodies is never made beforehand.
_AHEAD = 4 * AT_ONCE


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
    try:
        with Receiver(url, AT_ONCE) as receiver, ThreadPoolExecutor(AT_ONCE) as pool:
            yield from in_order(
                pool, lambda body: _post(receiver, body, secret), paced(bodies, rate)
            )
    except LocationValueError as error:
        raise UsageError(f"{url} is no URL that can be posted to: {error}") from error
    except HTTPError as error:
        reason = type(error).__name__
        # Only the local stack has a name under localhost.
        hint = "; try: make up" if (parse_url(url).host or "").endswith(".localhost") else ""
        raise UsageError(f"{url} does not answer ({reason}){hint}") from error


def in_order[Item, Result](
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Yield the result for each item, in their order, while later items are taken and worked on."""
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            while waiting and (waiting[0].done() or len(waiting) > _AHEAD):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for one in waiting:
            one.cancel()


def paced[Item](
    items: Iterable[Item],
    rate: float | None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Item]:
    """Yield the items no faster than `rate` a second."""
    started = clock()
    for number, item in enumerate(items):
        if rate:
            sleep(max(0.0, started + number / rate - clock()))
        yield item


def key_of(body: bytes) -> str | None:
    """Return the key that the receiver will give, None for a probe."""
    body_hash = keys.content_hash(body)
    if envelope.is_probe(body, signed=True):
        return None
    try:
        read = envelope.read(body)
    except Unreadable:
        return keys.quarantine_key(body_hash)
    return keys.key_of(read, body_hash) if read.data else keys.quarantine_key(body_hash)


def _post(receiver: Receiver, body: bytes, secret: str | None) -> Sent:
    started = time.monotonic()
    answer = receiver.post(body, signature.sign(body, secret) if secret else None)
    waited = round((time.monotonic() - started) * 1000, 1)
    return Sent(key_of(body), answer.status, answer.data.decode(errors="replace"), waited)
