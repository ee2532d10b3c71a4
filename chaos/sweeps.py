"""The sweeper's own code with its times made short, run as often as its schedule would.

The deployed sweeper runs as well, each minute, with its times as they are.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from aws import clients
from errors import Unavailable
from justcall.catalogue import KINDS, module_name
from ledger.events import Ledger
from ledger.sweeping import OpenEvents
from local.place import REGION, ROOT_SECRET
from messaging.queues import Queues
from sweeper import verdict
from sweeper.sweep import Ports, Sweep

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

SCHEDULE_SECONDS = 60.0
_TIMES = ("PATIENCE_SECONDS", "DOUBT_SECONDS")


class Sweeps:
    """A thread that sweeps until it is stopped; its calls go through the proxy like all others."""

    def __init__(self, described: Mapping[str, Any], endpoint_url: str, scale: float) -> None:
        self._scale = scale
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._ports = _ports(described, endpoint_url)
        self.done: Counter[str] = Counter()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End with the run that is under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def _work(self) -> None:
        with _scaled(self._scale):
            while not self._stopped.wait(SCHEDULE_SECONDS / self._scale):
                self._sweep()

    def _sweep(self) -> None:
        self.done["runs"] += 1
        sweep = Sweep(self._ports, time.time(), lambda: not self._stopped.is_set())
        try:
            sweep.run()
        except Unavailable:
            self.done["runs that failed"] += 1
            return
        self.done["runs that failed"] += bool(sweep.report.failures)
        for name in ("resent", "stuck", "buried"):
            self.done[name] += len(getattr(sweep.report, name))


@contextmanager
def _scaled(scale: float) -> Iterator[None]:
    before = {name: getattr(verdict, name) for name in _TIMES}
    for name, seconds in before.items():
        setattr(verdict, name, seconds / scale)
    try:
        yield
    finally:
        for name, seconds in before.items():
            setattr(verdict, name, seconds)


def _ports(described: Mapping[str, Any], endpoint_url: str) -> Ports:
    @cache
    def made(service: str) -> Any:
        return botocore.session.get_session().create_client(
            service,
            region_name=REGION,
            endpoint_url=endpoint_url,
            aws_access_key_id=described["access_key_id"],
            aws_secret_access_key=ROOT_SECRET,
            config=Config(
                connect_timeout=clients.CONNECT_SECONDS,
                read_timeout=clients.READ_SECONDS,
                retries={"mode": "legacy", "total_max_attempts": clients.ATTEMPTS},
            ),
        )

    def dynamodb() -> "DynamoDBClient":
        client: DynamoDBClient = made("dynamodb")
        return client

    def sqs() -> "SQSClient":
        client: SQSClient = made("sqs")
        return client

    kind = next(iter(KINDS))
    prefix = described["queues"][kind].removesuffix(module_name(kind))
    table = described["events_table"]
    return Ports(
        ledger=Ledger(dynamodb, table, retention_days=400),
        open_events=OpenEvents(dynamodb, table),
        queues=Queues(sqs, prefix, described["dead_letter_queue"]),
        buried={},
    )
