"""Posting deliveries as JustCall does."""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.util import parse_url

from cli.errors import UsageError
from errors import Unreadable
from justcall import envelope, keys, signature, url_signature
from justcall.moments import iso
from local.post import Receiver

AT_ONCE = 8
# Maximum deliveries ahead of the oldest unanswered one: a slow answer does not delay the others,
# and an endless iterable is not read in advance.
_AHEAD = 4 * AT_ONCE


class Sent(NamedTuple):
    """One delivery's answer; `milliseconds` is what the sender waited."""

    key: str | None
    status: int
    answer: str
    milliseconds: float


type Signing = Callable[[bytes], Mapping[str, str]]


def body_signed(body: bytes, secret: str | None) -> Mapping[str, str]:
    """Return the headers of a body-signed delivery, none without a secret."""
    return {signature.HEADER: signature.sign(body, secret)} if secret else {}


def url_signed_headers(body: bytes, secret: str | None, url: str) -> Mapping[str, str]:
    """Return the headers of a url-signed delivery to `url`, signed now."""
    try:
        event_type = str(json.loads(body)["type"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise UsageError("A url-signed delivery needs a JSON body with a type.") from error
    return headers_for_url(url, event_type, header_time(), secret)


def header_time() -> str:
    """Return the present as the url-signed dialect's header writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def headers_for_url(
    url: str, event_type: str, timestamp: str, secret: str | None
) -> Mapping[str, str]:
    """Return the headers of a url-signed delivery, without a signature if there is no secret."""
    headers = {
        url_signature.VERSION_HEADER: url_signature.VERSION,
        url_signature.TIMESTAMP_HEADER: timestamp,
    }
    if secret:
        headers[signature.HEADER] = url_signature.sign(url, event_type, timestamp, secret)
    return headers


def send(url: str, bodies: Iterable[bytes], signing: Signing, rate: float | None) -> Iterator[Sent]:
    """Post each body with the headers that `signing` gives it, at most `rate` a second."""
    try:
        with Receiver(url, AT_ONCE) as receiver, ThreadPoolExecutor(AT_ONCE) as pool:
            yield from in_order(
                pool, lambda body: _post(receiver, body, signing(body)), paced(bodies, rate)
            )
    except LocationValueError as error:
        raise UsageError(f"{url} is not a URL: {error}.") from error
    except HTTPError as error:
        reason = type(error).__name__
        # Only the local stack has a name under localhost.
        hint = " Run: make up" if (parse_url(url).host or "").endswith(".localhost") else ""
        raise UsageError(f"{url} does not answer ({reason}).{hint}") from error


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


def key_of(body: bytes, sent_at: str | None = None) -> str | None:
    """Return the key that the receiver will give, None for a probe."""
    body_hash = keys.content_hash(body)
    if envelope.is_probe(body):
        return None
    try:
        read = envelope.read(body)
    except Unreadable:
        return keys.quarantine_key(body_hash)
    if not read.data:
        return keys.quarantine_key(body_hash)
    return keys.key_of(read, keys.event_hash(read, body, sent_at))


def _post(receiver: Receiver, body: bytes, headers: Mapping[str, str]) -> Sent:
    started = time.monotonic()
    answer = receiver.post(body, headers)
    waited = round((time.monotonic() - started) * 1000, 1)
    timestamp = headers.get(url_signature.TIMESTAMP_HEADER)
    sent_at = iso(url_signature.sent_at(timestamp)) if timestamp else None
    return Sent(key_of(body, sent_at), answer.status, answer.data.decode(errors="replace"), waited)
