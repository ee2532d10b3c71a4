"""The destination of `make up`: a server on this machine that verifies deliveries."""

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deliveries import places, signature
from deliveries.destination import Destination, settings_of
from justcall.moments import iso
from local.deploy import client
from local.ministack import Process

NAME = "make-up"
ARRIVAL_SECONDS = 30.0
# A sender that ran before may know the destinations of up to five seconds ago.
_AGAIN_SECONDS = 3.0


class Arrivals:
    """The keys of the events that arrived, and whether their signatures are right."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._verified: dict[str, bool] = {}

    def take(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Note a delivery; return whether its signature is right."""
        verified = is_signed(headers, body, self._secret)
        key = json.loads(body)["data"].get("event", {}).get("key", "")
        self._verified[key] = verified
        return verified

    def wait(self, key: str, again: Callable[[], object]) -> tuple[str, float]:
        """Poll until an event is here; return what became of it and the time."""
        started = time.monotonic()
        asked_at = started
        while key not in self._verified:
            now = time.monotonic()
            if now - started > ARRIVAL_SECONDS:
                return "nothing arrived", now - started
            if now - asked_at > _AGAIN_SECONDS:
                asked_at = now
                again()
            time.sleep(0.05)
        words = "verified" if self._verified[key] else "wrong signature"
        return words, time.monotonic() - started


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether a delivery's signature is right; the headers' names are in lower case."""
    sent_at = headers.get(signature.TIMESTAMP_HEADER, "")
    if not sent_at.isdigit():
        return False
    one_id, name = headers.get(signature.ID_HEADER, ""), signature.SIGNATURE_HEADER
    expected = signature.headers(one_id, int(sent_at), body, [secret])
    return hmac.compare_digest(expected[name], headers.get(name, ""))


@contextmanager
def receiving(process: Process, stack: Mapping[str, Any]) -> Iterator[Arrivals]:
    """Add a destination on this machine while the block runs."""
    secret = signature.new_secret()
    arrivals = Arrivals(secret)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(arrivals))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secrets, dynamodb = client(process, "secretsmanager"), client(process, "dynamodb")
    table, now = stack["events_table"], iso(time.time())
    try:
        _set_secret(secrets, stack, {"rotated_at": now, "secrets": [_listed(secret)]})
        url = f"http://127.0.0.1:{server.server_port}/"
        made = Destination(NAME, url, created_at=now, rotated_at=now)
        dynamodb.put_item(TableName=table, Item={**places.settings(NAME), **settings_of(made)})
        yield arrivals
    finally:
        for key in (places.settings(NAME), places.state(NAME)):
            dynamodb.delete_item(TableName=table, Key=key)
        _set_secret(secrets, stack, None)
        server.shutdown()
        server.server_close()


def _listed(secret: str) -> dict[str, Any]:
    return {"secret": secret, "until": None}


def _set_secret(secrets: Any, stack: Mapping[str, Any], entry: dict[str, Any] | None) -> None:
    """Set or remove the destination's entry in the secret of all destinations."""
    answer = secrets.get_secret_value(SecretId=stack["delivery_secret"])
    document = json.loads(answer["SecretString"] or "{}")
    document.pop(NAME, None)
    if entry:
        document[NAME] = entry
    secrets.put_secret_value(SecretId=stack["delivery_secret"], SecretString=json.dumps(document))


def _handler(arrivals: Arrivals) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(204 if arrivals.take(headers, body) else 401)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    return Handler
