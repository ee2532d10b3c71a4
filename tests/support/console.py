"""The page over a stack, served in a thread, and a browser that looks at it."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
import urllib3

from cli.console import server
from cli.console.access import Access
from cli.stack import Stack

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_START_SECONDS = 20.0


class Served(NamedTuple):
    """A page that is served."""

    access: Access

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.access.port}"

    def ask(
        self, path: str = "/", method: str = "GET", body: str | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Ask as a browser that has the cookie, unless `cookie` says otherwise."""
        own = {"cookie": f"{self.access.cookie}={self.access.key}"}
        sent = own | {name.replace("_", "-"): value for name, value in headers.items()}
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request(method, self.url + path, body=body, headers=sent, redirect=False)

    def act(self, action: str, body: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """Send a form as the page does."""
        token = {"x_console_token": self.access.token}
        form = {"content_type": "application/x-www-form-urlencoded"}
        return self.ask(f"/do/{action}", "POST", body, **(token | form | headers))


@contextmanager
def serving(stack: Stack, *, writes: bool = True) -> Iterator[Served]:
    """Serve the page of a stack on a free port."""
    listening = server.listen(0)
    access = server.access_to(listening.getsockname()[1], None, writes=writes)
    one = server.Server(stack, listening, access)
    thread = threading.Thread(target=one.serve_until_stopped)
    thread.start()
    try:
        end = time.monotonic() + _START_SECONDS
        while not one.started:
            assert thread.is_alive()
            assert time.monotonic() < end
            time.sleep(0.01)
        yield Served(access)
    finally:
        one.should_exit = True
        thread.join()
        listening.close()


def chromium() -> str:
    """Return the machine's browser. Skips where none is installed."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not found:
        pytest.skip("Chromium is not installed here. On Debian: apt-get install chromium")
    return found
