"""A stand-in for JustCall's management API on this machine, as its documentation describes it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

KEY, SECRET = "the-api-key", "the-api-secret"
BASE = "/v2.1"


class Answer(NamedTuple):
    """One answer; a document that is bytes goes out as it is."""

    status: int
    document: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012  (never changed)


class Subscription(NamedTuple):
    type: str
    url: str
    id: str


class JustCallApi:
    """One account: its subscriptions, what was asked, and what is to go wrong."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{BASE}"
        self.subscriptions: list[Subscription] = []
        self.requests: list[tuple[str, str]] = []
        # Given instead of the right answer, the first first; None lets one through.
        self.trouble: list[Answer | None] = []
        # Given after the right thing was done, as when an answer is lost.
        self.afterwards: list[Answer | None] = []
        self.refused_types: set[str] = set()
        self.a_minute: int | None = None
        self.clock: Callable[[], float] = time.time
        self._asked: list[float] = []
        self._made = 0

    @property
    def posts(self) -> int:
        return sum(method == "POST" for method, _ in self.requests)

    def add(self, event_type: str, url: str, webhook_id: str | None = None) -> str:
        self._made += 1
        made = webhook_id or f"{self._made:032x}"
        self.subscriptions.append(Subscription(event_type, url, made))
        return made

    def types(self, url: str) -> list[str]:
        return [one.type for one in self.subscriptions if one.url == url]

    def answer(self, method: str, path: str, authorization: str, body: bytes) -> Answer:
        self.requests.append((method, path))
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble:
            return trouble
        if authorization != f"{KEY}:{SECRET}":
            return Answer(401, {"status": "error", "message": "Unauthorized"})
        limited = self._limit()
        if limited:
            return limited
        right = self._right(method, path.removeprefix(BASE), body)
        lost = self.afterwards.pop(0) if self.afterwards else None
        return lost or right

    def _limit(self) -> Answer | None:
        now = self.clock()
        self._asked = [one for one in self._asked if now - one < 60] + [now]
        if self.a_minute is None or len(self._asked) <= self.a_minute:
            return None
        reset = self._asked.pop() and self._asked[0] + 60
        headers = {
            "X-Rate-Limit-Limit": "1800",
            "X-Rate-Limit-Remaining": "1700",
            "X-Rate-Limit-Reset": f"{now + 3000:.0f}",
            "X-Rate-Limit-Burst-Limit": str(self.a_minute),
            "X-Rate-Limit-Burst-Remaining": "0",
            "X-Rate-Limit-Burst-Reset": f"{reset + 1:.0f}",
        }
        return Answer(429, {"status": "error", "message": "Too many requests"}, headers)

    def _right(self, method: str, path: str, body: bytes) -> Answer:
        if (method, path) == ("GET", "/webhooks"):
            return Answer(200, {"data": self._list()})
        if (method, path) == ("POST", "/webhooks"):
            wanted = json.loads(body)
            if wanted["type"] in self.refused_types:
                return Answer(400, {"status": "error", "message": f"unknown type, {SECRET}\x1b[2J"})
            return Answer(201, {"url_id": self.add(wanted["type"], wanted["webhook_url"])})
        webhook_id = path.removeprefix("/webhooks/url/")
        if method == "DELETE" and any(one.id == webhook_id for one in self.subscriptions):
            self.subscriptions = [one for one in self.subscriptions if one.id != webhook_id]
            return Answer(200, {"status": "success"})
        return Answer(404, {"status": "error", "message": "not found"})

    def _list(self) -> list[dict[str, Any]]:
        types = dict.fromkeys(one.type for one in self.subscriptions)
        return [
            {
                "type": event_type,
                "webhook_urls": [
                    {"webhook_url": one.url, "url_id": one.id}
                    for one in self.subscriptions
                    if one.type == event_type
                ],
            }
            for event_type in types
        ]


@contextmanager
def listening() -> Iterator[JustCallApi]:
    """Listen on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            given = self.headers.get("authorization", "")
            answer = api.answer(self.command, self.path, given, body)
            document = answer.document
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET  # noqa: N815  (http.server's names)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        api = JustCallApi(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
