"""`python -m bench.deliveries`: how fast events reach a healthy HTTP destination on this machine.

1. The sender alone: batches of ten, a receiver in a process of its own, over loopback sockets,
   signatures and connections included. No AWS: a healthy delivery makes no call of its own.
2. Through a local stack of its own: from *processed* to the receiver's answer.
"""

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from bench.served import SPAWN, Quiet, served
from deliveries import places, signature
from deliveries.attempt import posting
from deliveries.destination import Destination, settings_of
from deliveries.message import Delivery, encode
from deliveries.sender import Ports
from justcall.moments import epoch
from justcall.signature import sign
from ledger import schema
from local import demo, deploy, ministack
from local.place import SAMPLE_SECRET, Place
from outbound.requests import Room

SECRET = signature.new_secret()
DELIVERIES, BODY_BYTES, BATCH = 3_000, 2_000, 10
SLOWLY, QUICKLY = 60, 300


class Receiver(Quiet, BaseHTTPRequestHandler):
    """Answers 204, and notes when an event arrived."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.send_header("content-length", "0")
        self.end_headers()
        if self.notes is not None:
            self.notes.put((json.loads(body)["data"]["event"]["key"], time.time()))


class _Alone:
    """Stands for the parts of the sender that speak to AWS."""

    def __init__(self, url: str) -> None:
        self._destination = Destination("bench", url)

    def find(self, *_: object) -> Destination:
        return self._destination

    def take_turn(self, *_: object) -> bool:
        return True

    def of(self, *_: object) -> list[str]:
        return [SECRET]

    def count(self, *_: object) -> None:
        """Write nothing."""


def alone() -> float:
    """Return deliveries a second of one sender."""
    os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "Bench"
    from aws import observability
    from deliverer import app

    with served(Receiver) as url:
        fake: Any = _Alone(url)
        room = Room(http_to_loopback=True)
        ports = Ports(fake, fake, fake, fake, posting(room), lambda: 0.5)
        app._ports = lambda: ports  # type: ignore[assignment]  # noqa: SLF001
        records = [_record(number) for number in range(DELIVERIES)]
        with Path(os.devnull).open("w") as nothing, contextlib.redirect_stdout(nothing):
            observability.logger.registered_handler.stream = nothing  # type: ignore[attr-defined]
            app.handler({"Records": records[:BATCH]}, None)
            started = time.perf_counter()
            for first in range(0, DELIVERIES, BATCH):
                app.handler({"Records": records[first : first + BATCH]}, None)
            return DELIVERIES / (time.perf_counter() - started)


def _record(number: int) -> Mapping[str, Any]:
    body = json.dumps({"data": {"event": {"key": f"k{number}"}}, "x": "x" * BODY_BYTES})
    delivery = Delivery("bench", f"msg_{number}", "sms.sent", f"k{number}", body, time.time())
    attributes = {"SentTimestamp": str(int(time.time() * 1000))}
    return {"messageId": str(number), "body": encode(delivery), "attributes": attributes}


def through_a_stack(place: Place) -> tuple[list[float], list[float], float]:
    """Return latencies at 5 events a second and in a burst, and the burst's events a second."""
    process = ministack.start(place)
    stack = deploy.deploy(place, process, lambda text: print("…", text, file=sys.stderr))
    arrived = SPAWN.Queue()
    with served(Receiver, arrived) as url:
        _add(process, stack, url)
        _send(stack, 10, 0.2)  # functions start
        _collect(arrived, 10)
        slow = _latencies(process, stack, _send(stack, SLOWLY, 0.2), arrived)
        started = time.time()
        keys = _send(stack, QUICKLY, 0.0)
        quick = _latencies(process, stack, keys, arrived)
        last = max(at for _, at in quick)
        return [one for one, _ in slow], [one for one, _ in quick], QUICKLY / (last - started)


def _add(process: ministack.Process, stack: Mapping[str, Any], url: str) -> None:
    entry = {"bench": {"secrets": [{"secret": SECRET, "until": None}]}}
    deploy.client(process, "secretsmanager").put_secret_value(
        SecretId=stack["delivery_secret"], SecretString=json.dumps(entry)
    )
    item = {**places.settings("bench"), **settings_of(Destination("bench", url))}
    deploy.client(process, "dynamodb").put_item(TableName=stack["events_table"], Item=item)


def _send(stack: Mapping[str, Any], count: int, pause: float) -> list[str]:
    def one(number: int) -> str:
        name = f"bench-{time.time_ns()}-{number}"
        data = {"message_id": name, "from": "+14155559876", "to": "+14155551234", "body": "x"}
        body = json.dumps({"event": "sms.received", "data": data}).encode()
        demo.post(stack, body, sign(body, SAMPLE_SECRET))
        return f"sms.received:{name}"

    if not pause:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, range(count)))
    keys = []
    for number in range(count):
        keys.append(one(number))
        time.sleep(pause)
    return keys


def _collect(arrived: Any, count: int) -> dict[str, float]:
    first: dict[str, float] = {}
    while len(first) < count:
        key, at = arrived.get(timeout=120)
        first.setdefault(key, at)
    return first


def _latencies(
    process: ministack.Process, stack: Mapping[str, Any], keys: list[str], arrived: Any
) -> list[tuple[float, float]]:
    at = _collect(arrived, len(keys))
    dynamodb = deploy.client(process, "dynamodb")
    found = []
    for key in keys:
        where = {"pk": {"S": schema.event_partition(key)}, "sk": {"S": schema.LEDGER}}
        item = dynamodb.get_item(TableName=stack["events_table"], Key=where)["Item"]
        found.append((at[key] - epoch(item["processed_at"]["S"]), at[key]))
    return found


def _percentiles(seconds: list[float]) -> str:
    hundredths = statistics.quantiles(seconds, n=100)
    return f"p50 {hundredths[49] * 1000:.0f} ms, p99 {hundredths[98] * 1000:.0f} ms"


def main() -> None:
    """Print the figures."""
    print(f"one sender, batches of {BATCH}: {alone():.0f} deliveries a second", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        try:
            slow, quick, rate = through_a_stack(place)
        finally:
            ministack.stop(place)
    print(f"local stack, 5 events a second: {_percentiles(slow)}")
    print(f"local stack, {QUICKLY} events at once: {_percentiles(quick)}, {rate:.0f} a second")


if __name__ == "__main__":
    main()
