"""HTTP servers in processes of their own, on loopback sockets."""

import contextlib
import multiprocessing
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

SPAWN = multiprocessing.get_context("spawn")


class Quiet:
    """Goes before BaseHTTPRequestHandler; requests may be noted in the queue `notes`."""

    notes: Any = None

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class _Server(ThreadingHTTPServer):
    """Takes as many connections at once as senders open."""

    request_queue_size = 128


def _serve(handler: Any, port: Any, notes: Any) -> None:
    handler.notes = notes
    server = _Server(("127.0.0.1", 0), handler)
    port.put(server.server_port)
    server.serve_forever()


@contextlib.contextmanager
def served(handler: type[Quiet], notes: Any = None) -> Iterator[str]:
    """Run a server in a process until the end; yield its URL."""
    port = SPAWN.Queue()
    process = SPAWN.Process(target=_serve, args=(handler, port, notes), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{port.get()}/"
    finally:
        process.kill()
