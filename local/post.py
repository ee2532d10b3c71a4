"""Post to a webhook URL as JustCall does, for `make up`, `hooks send` and the tests."""

from collections.abc import Mapping
from typing import Self
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import LocationValueError
from urllib3.util import parse_url

SECONDS = 30.0
_THIS_MACHINE = "127.0.0.1"


class Receiver:
    """A webhook URL. Several threads may use it; it keeps its connections until it is closed.

    Methods raise urllib3's HTTPError if nobody answers, and its subclass LocationValueError if the
    URL is invalid.
    """

    def __init__(self, url: str, connections: int = 1) -> None:
        where = parse_url(url)
        scheme, host = where.scheme, where.host
        if not scheme or not host:
            raise LocationValueError("a scheme or a host is missing")
        self._headers: dict[str, str] = {}
        if host.endswith(".localhost"):
            # Not every machine resolves names under localhost.
            self._headers["host"] = where.netloc or host
            host = _THIS_MACHINE
        self._url = where._replace(host=host).url
        self._pool = pool(scheme, host, connections)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def post(self, body: bytes, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Post one delivery with the headers that sign it, if any."""
        return self._ask("POST", {"content-type": "application/json", **headers}, body)

    def look(self, method: str) -> BaseHTTPResponse:
        """Send a request without a body, as a check that the URL works."""
        return self._ask(method, {}, None)

    def _ask(self, method: str, headers: dict[str, str], body: bytes | None) -> BaseHTTPResponse:
        # No retries and no redirects: one call is one delivery.
        return self._pool.request(
            method,
            self._url,
            body=body,
            headers=self._headers | headers,
            timeout=Timeout(connect=SECONDS, read=SECONDS),
            retries=False,
            redirect=False,
        )


def pool(scheme: str, host: str, connections: int) -> PoolManager:
    """Return a pool that uses the environment's proxy, except for this machine."""
    proxy = getproxies().get(scheme)
    if not proxy or host in (_THIS_MACHINE, "localhost", "[::1]") or proxy_bypass(host):
        return PoolManager(maxsize=connections)
    return ProxyManager(proxy, maxsize=connections)
