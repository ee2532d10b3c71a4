"""A webhook URL on this machine that keeps what it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

PATH = "/webhooks/justcall"


class Request(NamedTuple):
    """One request as it came; the headers' names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Webhook:
    """What came, and what is answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[Request] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer = b'{"status":"accepted"}'

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{PATH}"


@contextmanager
def listening() -> Iterator[Webhook]:
    """Listen on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            webhook.requests.append(Request(self.command, self.path, headers, body))
            self.send_response(webhook.status)
            for name, value in webhook.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(webhook.answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(webhook.answer)

        do_GET = do_HEAD = do_POST  # noqa: N815  (http.server's names)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        webhook = Webhook(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield webhook
        finally:
            server.shutdown()
            thread.join()
