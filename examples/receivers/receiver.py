"""Receive deliveries of justcall-hooks.

Run it with `WEBHOOK_SECRET=whsec_… python3 receiver.py [PORT]`.

Nothing to install. Behind your own web framework, keep `verified` and give it the raw body.
"""

import base64
import hmac
import json
import os
import sys
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def verified(headers: Message, body: bytes, secret: str) -> bool:
    """Return whether the stack that has this secret sent the body, in the last five minutes."""
    one_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs(time.time() - int(sent_at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{one_id}.{sent_at}.".encode() + body, "sha256")
    expected = "v1," + base64.b64encode(digest).decode()
    signatures = headers.get("webhook-signature", "").split(" ")  # two while a secret rotates
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures)


class Receiver(BaseHTTPRequestHandler):
    """Answers within 15 seconds, or the delivery comes again. Store first, work later."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not verified(self.headers, body, os.environ["WEBHOOK_SECRET"]):
            return self.answer(401)
        event = json.loads(body)
        # A delivery may come twice, with the same webhook-id. For calls: keep the highest revision.
        print(self.headers["webhook-id"], event["type"], event["id"], flush=True)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing: the default writes the request's line."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
