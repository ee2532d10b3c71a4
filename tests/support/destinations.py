"""Destinations of a world, and the servers behind them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from deliveries import places, signature
from deliveries.destination import Destination, Filters, settings_of
from errors import OutboundFailed

type Item = dict[str, Any]
type Answer = tuple[int, Mapping[str, str]]


class Arrived(NamedTuple):
    """One POST at a destination."""

    at: float
    id: str
    body: Item


class Receivers:
    """Servers by the name of their destination. Each verifies signatures, and answers as told."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._secrets: dict[str, list[Item]] = {}
        self.arrived: dict[str, list[Arrived]] = {}
        self.asked: list[str] = []  # every attempt
        self.answers: dict[str, Callable[[], Answer]] = {}

    def add(self, name: str, **filters: Any) -> Item:
        """Add a server; return the item of its destination's settings."""
        self._secrets[name] = [{"secret": signature.new_secret(), "until": None}]
        self.arrived[name] = []
        made = Destination(name, f"https://{name}.example/", Filters(**filters))
        return {**places.settings(name), **settings_of(made)}

    @property
    def secret(self) -> str:
        """Return the text of the secret of all destinations."""
        entries = {name: {"secrets": listed} for name, listed in self._secrets.items()}
        return json.dumps(entries)

    def answer(self, name: str, status: int, **headers: str) -> None:
        """Let a server answer every request so."""
        told = {one.replace("_", "-"): value for one, value in headers.items()}
        self.answers[name] = lambda: (status, told)

    def break_down(self, name: str, reason: str = "timed-out") -> None:
        """Let a server not answer."""

        def fail() -> Answer:
            raise OutboundFailed(reason)

        self.answers[name] = fail

    def mend(self, name: str) -> None:
        """Let a server answer 200 again."""
        self.answers.pop(name, None)

    def ids(self, name: str) -> list[str]:
        """Return the ids of the CloudEvents that arrived."""
        return [one.body["id"] for one in self.arrived[name]]

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Take a POST as the server of a URL does."""
        name = url.removeprefix("https://").partition(".")[0]
        self.asked.append(name)
        answered = self.answers.get(name, lambda: (200, {}))()
        if 200 <= answered[0] < 300:
            one_id = headers["webhook-id"]
            secret = self._secrets[name][0]["secret"]
            assert verified(headers, body, secret), f"{name}: wrong signature"
            self.arrived[name].append(Arrived(self._clock(), one_id, json.loads(body)))
        return answered


def verified(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Return whether a signature is right; written without the code that signs."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join(
        [headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body]
    )
    digest = hmac.new(key, content, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split())


def lambda_records(received: Iterable[Mapping[str, Any]]) -> list[Item]:
    """Return messages of the queue as Lambda takes them to the sender."""
    return [
        {
            "messageId": one["MessageId"],
            "receiptHandle": one["ReceiptHandle"],
            "body": one["Body"],
            "attributes": one["Attributes"],
            "eventSource": "aws:sqs",
        }
        for one in received
    ]
