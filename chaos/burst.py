"""`python -m chaos.burst`: many deliveries at once to functions that have not started.

MiniStack is stopped and started before each round, so every function process is new. MiniStack
itself is warm, as AWS is. The same burst follows to the functions that now run. Exit code 0 if
every delivery was answered with 200, and copies of one event are one event.
"""

import argparse
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from urllib3.exceptions import HTTPError

from aws.emf import HANDLER_LATENCY, UNAVAILABLE
from chaos.deployment import own_place
from justcall.envelope import read
from justcall.keys import content_hash, key_of
from justcall.signature import HEADER, sign
from ledger.schema import LEDGER, event_partition
from local import deploy, ministack
from local.place import ROOT, SAMPLE_SECRET, Place
from local.post import Receiver

_PROCESSED_SECONDS = 60.0


class Answer(NamedTuple):
    """What one sender was answered, and how long it waited."""

    status: str
    seconds: float


class Burst(NamedTuple):
    """One burst: `inside` are the handler's own seconds, `reasons` those of its answers 503."""

    answers: Sequence[Answer]
    inside: Sequence[float]
    reasons: Mapping[str, int]
    events: int

    def line(self) -> str:
        statuses = dict(Counter(answer.status for answer in self.answers))
        return (
            f"{statuses}, {_shown([answer.seconds for answer in self.answers])};"
            f" inside the handler ({len(self.inside)} log lines) {_shown(self.inside)};"
            f" logged with 503: {dict(self.reasons)}; events: {self.events}"
        )


def _shown(seconds: Sequence[float]) -> str:
    waits = sorted(seconds) or [0.0]
    middle, late = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return f"p50 {middle:.2f} s, p99 {late:.2f} s, max {waits[-1]:.2f} s"


def main() -> int:
    """Run the rounds; return 0 if every delivery was answered with 200."""
    parser = argparse.ArgumentParser(prog="python -m chaos.burst", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=50, help="how many at once (50)")
    parser.add_argument("--rounds", type=int, default=5, help="how many bursts (5)")
    parser.add_argument("--different", action="store_true", help="different events, not copies")
    found = parser.parse_args()
    well = True
    with own_place() as place:
        try:
            deploy.deploy(place, ministack.start(place), lambda text: print("…", text))
            for number in range(1, found.rounds + 1):
                process = _restarted(place)
                for name in ("cold", "warm"):
                    made = _burst(place, process, _bodies(found.deliveries, found.different))
                    print(f"round {number}, {name}: {made.line()}", flush=True)
                    well &= all(answer.status == "200" for answer in made.answers)
                    well &= made.events == (found.deliveries if found.different else 1)
        finally:
            ministack.stop(place)
    return 0 if well else 1


def _bodies(amount: int, different: bool) -> list[bytes]:
    sample = json.loads((ROOT / "events" / "http" / "sms_received.json").read_text())["body"]
    document = json.loads(sample)
    bodies = []
    for number in range(amount):
        if different or not number:
            document["data"]["message_id"] = uuid.uuid4().hex
        bodies.append(json.dumps(document).encode())
    return bodies


def _restarted(place: Place) -> ministack.Process:
    """Restart MiniStack, and let it load the services that the handler calls."""
    ministack.stop(place)
    process = ministack.start(place)
    stack = json.loads(place.stack_file.read_text())
    client = partial(deploy.client, process)
    client("secretsmanager").get_secret_value(SecretId=stack["secret_arn"])
    client("dynamodb").describe_table(TableName=stack["events_table"])
    client("sqs").get_queue_attributes(QueueUrl=stack["dead_letter_queue"])
    client("logs").describe_log_groups()
    return process


def _burst(place: Place, process: ministack.Process, bodies: Sequence[bytes]) -> Burst:
    stack = json.loads(place.stack_file.read_text())
    since = int(time.time() * 1000)
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: _post(stack["webhook_url"], body), bodies))
    keys = {key_of(read(body), content_hash(body)) for body in bodies}
    events = _processed(deploy.client(process, "dynamodb"), stack["events_table"], keys)
    lines = _log_lines(deploy.client(process, "logs"), since)
    inside = [line[HANDLER_LATENCY][0] / 1000 for line in lines if HANDLER_LATENCY in line]
    reasons = Counter(line["reason"] for line in lines if UNAVAILABLE in line)
    return Burst(answers, inside, reasons, events)


def _post(url: str, body: bytes) -> Answer:
    started = time.monotonic()
    try:
        with Receiver(url) as receiver:
            status = str(receiver.post(body, {HEADER: sign(body, SAMPLE_SECRET)}).status)
    except HTTPError as error:
        status = type(error).__name__
    return Answer(status, time.monotonic() - started)


def _processed(dynamodb: Any, table: str, keys: set[str]) -> int:
    """Return how many of these events are processed, once all are or a minute has passed."""
    end = time.monotonic() + _PROCESSED_SECONDS
    while True:
        wheres = ({"pk": {"S": event_partition(key)}, "sk": {"S": LEDGER}} for key in keys)
        items = [dynamodb.get_item(TableName=table, Key=where).get("Item", {}) for where in wheres]
        amount = len([item for item in items if item.get("status") == {"S": "processed"}])
        if amount == len(keys) or time.monotonic() > end:
            return amount
        time.sleep(0.2)


def _log_lines(logs: Any, since: int) -> list[dict[str, Any]]:
    """Return what the handler has logged since a time in epoch milliseconds."""
    groups = [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]
    [group] = [name for name in groups if "Handler" in name]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    texts = (event["message"] for page in pages for event in page["events"])
    return [json.loads(text) for text in texts if text.startswith("{")]


if __name__ == "__main__":
    sys.exit(main())
