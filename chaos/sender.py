"""A sender that repeats as JustCall does, with its minutes made short."""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from chaos.plan import FORGED, Delivery

# JustCall gives up on an answer after this long, and repeats after so many minutes
# [specification]. The time-out is not scaled, the minutes are.
ANSWER_SECONDS = 10.0
RETRY_MINUTES = (1.0, 5.0, 15.0, 30.0, 60.0)
NO_ANSWER = 0
UNAUTHORIZED = 401


class Sent(NamedTuple):
    """A delivery, the answer to each of its requests (0: no answer), and their signed times."""

    delivery: Delivery
    statuses: tuple[int, ...] = ()
    signed_at: tuple[str | None, ...] = ()

    @property
    def acknowledged(self) -> bool:
        return 200 in self.statuses


# When, in which order, and what was sent of it before.
type _Due = tuple[float, int, Sent]


class Sender:
    """Threads that post what is due and repeat what was not acknowledged."""

    def __init__(
        self,
        url: Callable[[], str],
        clock: Callable[[], float],
        minute_seconds: float,
        deliveries: Sequence[Delivery],
    ) -> None:
        self._url = url
        self._clock = clock
        self._minute = minute_seconds
        self._pool = PoolManager(maxsize=64)
        self._changed = threading.Condition()
        self._left = len(deliveries)
        self._due: list[_Due] = [(one.at, n, Sent(one)) for n, one in enumerate(deliveries)]
        heapq.heapify(self._due)
        self._started = 0.0
        self._stopped = False
        self.sent: list[Sent] = []
        self.errors: Counter[str] = Counter()

    def start(self, threads: int) -> list[threading.Thread]:
        """Begin; the threads end when everything is acknowledged or given up."""
        self._started = self._clock()
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        return workers

    def stop(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._pool.clear()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            _, number, before = taken
            sent = self._post(before)
            refused = sent.delivery.sort == FORGED and sent.statuses[-1] == UNAUTHORIZED
            with self._changed:
                if sent.acknowledged or refused or len(sent.statuses) > len(RETRY_MINUTES):
                    self.sent.append(sent)
                    self._left -= 1
                else:
                    wait = RETRY_MINUTES[len(before.statuses)] * self._minute
                    again = self._clock() - self._started + wait
                    heapq.heappush(self._due, (again, number, sent))
                self._changed.notify_all()

    def _take(self) -> _Due | None:
        with self._changed:
            while self._left and not self._stopped:
                now = self._clock() - self._started
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)
                self._changed.wait(min(self._due[0][0] - now, 1.0) if self._due else 1.0)
            return None

    def _post(self, before: Sent) -> Sent:
        where = parse_url(self._url())
        post = before.delivery.post(len(before.statuses), time.time())
        headers = {"content-type": "application/json", "host": where.netloc or "", **post.headers}
        status = NO_ANSWER
        try:
            status = self._pool.request(
                "POST",
                where._replace(host="127.0.0.1").url,
                body=post.body,
                headers=headers,
                timeout=Timeout(total=ANSWER_SECONDS),
                retries=False,
                redirect=False,
            ).status
        except HTTPError as error:
            self.errors[type(error).__name__] += 1
        return Sent(
            before.delivery, (*before.statuses, status), (*before.signed_at, post.signed_at)
        )
