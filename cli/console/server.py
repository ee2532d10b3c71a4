"""Serving the page on 127.0.0.1 until Ctrl-C."""

import errno
import logging
import socket
from pathlib import Path

import uvicorn

from cli.console import application
from cli.console.access import Access, new_secret
from cli.errors import UsageError
from cli.stack import Stack

FIRST_PORT = 8642
_TRIES = 20
# An open page holds a stream; it is told to end, and else cut after this time.
_GRACE_SECONDS = 2


def listen(port: int | None) -> socket.socket:
    """Return a socket on a port, or on the first free one from 8642 on. Raises UsageError."""
    for number in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + _TRIES):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", number))
            listening.listen()  # from now on nobody else gets the port, and a browser waits
        except OSError as error:
            listening.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            return listening
    raise UsageError("The port is in use. Choose another: --port N")


def access_to(port: int, key_file: Path | None, *, writes: bool) -> Access:
    """Return who may use the page; the local stack's key outlives a restart of the page."""
    kept = key_file.read_text().strip() if key_file and key_file.is_file() else ""
    return Access(port, kept or new_secret(), new_secret(), writes)


class Server(uvicorn.Server):
    """A server of the page; `link` opens it."""

    def __init__(self, stack: Stack, listening: socket.socket, access: Access) -> None:
        self.link = access.link
        self._listening = listening
        page = application.build(stack, access, lambda: self.should_exit)
        super().__init__(
            uvicorn.Config(
                page,
                http="h11",
                ws="none",
                lifespan="off",
                # An access log would name numbers and the link's key.
                access_log=False,
                log_level="error",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the open streams without a traceback of each."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)

    def serve_until_stopped(self) -> None:
        """Serve until a signal ends it."""
        self.run(sockets=[self._listening])
