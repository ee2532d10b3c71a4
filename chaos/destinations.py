"""Destinations of the stack, and the servers behind them, which fail at random."""

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from chaos.deployment import Deployment
from deliveries import places, signature
from deliveries.destination import Destination, Filters, settings_of
from ledger import schema
from local.destination import is_signed
from local.place import STACK_NAME

# What each gets: everything, or texts.
DESTINATIONS: Mapping[str, frozenset[str]] = {
    "healthy": frozenset(),
    "flaky": frozenset(),
    "texts": frozenset({"sms.*"}),
}
_FLAKY = "flaky"
# A server is down for one in six of these spans, so it dies and comes back about every 18 seconds.
_SPAN_SECONDS, _DOWN_OF = 3.0, 6
_DEAD_LETTERS = f"{STACK_NAME}-deliveries-dead-letters"
_MAX_RECEIVED = 10


class Arrived(NamedTuple):
    """One delivery with a right signature."""

    key: str
    event_id: str
    webhook_id: str


class Destinations:
    """The servers; `raging` lets them fail. `forged` counts wrong signatures."""

    def __init__(self, seed: int) -> None:
        self.raging = False
        self.forged = 0
        self.refused = 0
        self.arrived: dict[str, list[Arrived]] = defaultdict(list)
        self._secrets = {name: signature.new_secret() for name in DESTINATIONS}
        self._dice = random.Random(seed)
        self._servers = {name: self._serve(name) for name in DESTINATIONS}

    def add(self, deployment: Deployment) -> None:
        """Write settings and secrets, as `hooks destinations add` does."""
        described = deployment.described
        entries = {
            name: {"secrets": [{"secret": secret, "until": None}]}
            for name, secret in self._secrets.items()
        }
        deployment.client("secretsmanager").put_secret_value(
            SecretId=described["delivery_secret"], SecretString=json.dumps(entries)
        )
        for name, kinds in DESTINATIONS.items():
            url = f"http://127.0.0.1:{self._servers[name].server_port}/"
            made = Destination(name, url, Filters(kinds=kinds))
            deployment.client("dynamodb").put_item(
                TableName=described["events_table"],
                Item={**places.settings(name), **settings_of(made)},
            )

    def close(self) -> None:
        """Stop the servers."""
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def events_arrived(self) -> int:
        """Return how many events have arrived, each once for each destination."""
        return sum(len({one.key for one in every}) for every in self.arrived.values())

    def hurry(self, deployment: Deployment) -> int:
        """Let everything that waits be due now, as if time had passed; return how much waits.

        Dead letters go back to the queue, as an operator's redrive does.
        """
        waiting = _redrive(deployment)
        for name in DESTINATIONS:
            waiting += _make_due(deployment, name)
        return waiting

    # ------------------------------------------------------------ the servers

    def _serve(self, name: str) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, name))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def is_down(self, name: str) -> bool:
        """Tell whether a server is dead at the moment."""
        span = int(time.monotonic() / _SPAN_SECONDS)
        return self.raging and random.Random(f"{name} {span}").randrange(_DOWN_OF) == 0

    def answer(self, name: str) -> str:
        """Return what a server does with a request: a status, or how the connection ends."""
        if not self.raging or name != _FLAKY:
            return "204"
        choices = ("204",) * 12 + ("500", "503", "429", "302", "late", "lost", "closed")
        return self._dice.choice(choices)

    def take(self, name: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Note a delivery; return whether its signature is right."""
        if not is_signed(headers, body, self._secrets[name]):
            self.forged += 1
            return False
        document = json.loads(body)
        key = document["data"]["event"]["key"]
        self.arrived[name].append(Arrived(key, document["id"], headers[signature.ID_HEADER]))
        return True


def _handler(owner: Destinations, name: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = "closed" if owner.is_down(name) else owner.answer(name)
            if answer == "late":
                time.sleep(1.0)
                answer = "204"
            if answer in ("204", "lost") and not owner.take(name, dict(self.headers), body):
                answer = "401"
            owner.refused += answer != "204"
            if not answer.isdigit():  # it took the delivery or not, and says nothing
                self.close_connection = True
                return
            self.send_response(int(answer))
            if answer == "429":
                self.send_header("retry-after", "1")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    return Handler


def _make_due(deployment: Deployment, name: str) -> int:
    dynamodb, table = deployment.client("dynamodb"), deployment.described["events_table"]
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        IndexName=schema.STATUS_INDEX,
        KeyConditionExpression="cell = :cell",
        ExpressionAttributeValues={":cell": {"S": places.waiting(name)}},
    )
    rows = [item for page in pages for item in page["Items"]]
    queue = deployment.described["deliveries_queue"]
    for row in rows:
        message = json.dumps({"v": 1, "to": name, "id": row["sk"]["S"]})
        deployment.client("sqs").send_message(QueueUrl=queue, MessageBody=message)
    dynamodb.update_item(
        TableName=table, Key=places.state(name), UpdateExpression="REMOVE retry_at, failures"
    )
    return len(rows)


def _redrive(deployment: Deployment) -> int:
    sqs = deployment.client("sqs")
    queue = deployment.described["deliveries_queue"]
    dead = queue.removesuffix(f"{STACK_NAME}-deliveries") + _DEAD_LETTERS
    moved = 0
    try:
        while found := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=_MAX_RECEIVED).get(
            "Messages"
        ):
            for one in found:
                sqs.send_message(QueueUrl=queue, MessageBody=one["Body"])
                sqs.delete_message(QueueUrl=dead, ReceiptHandle=one["ReceiptHandle"])
                moved += 1
    except (BotoCoreError, ClientError):
        return moved + 1
    return moved
