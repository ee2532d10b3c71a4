"""Lets containers reach the stack, which listens on 127.0.0.1 only.

`sam local invoke` runs functions on Docker's bridge network (its `--docker-network host` changes
nothing there). Docker Desktop leads `host.docker.internal` to this machine's 127.0.0.1; a Docker
engine on Linux leads it to the bridge's own address, where this listens and passes on.
"""

import asyncio
import ipaddress
import shutil
import subprocess
from contextlib import suppress

from local.place import LocalError

# How the containers call this machine; `sam local invoke` is told by --add-host.
HOST = "host.docker.internal"
ADD_HOST = f"{HOST}:host-gateway"
_CHUNK = 65_536


def gateway() -> str:
    """Return this machine's address on Docker's bridge network. Raises LocalError."""
    program = shutil.which("docker")
    if not program:
        raise LocalError("docker is not installed; sam local invoke needs it")
    shown = subprocess.run(  # noqa: S603
        [program, "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Subnet}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        raise LocalError("no Docker engine answers; start it and try again")
    # Docker gives the bridge the first address of its network.
    return str(next(ipaddress.ip_network(shown.stdout.strip()).hosts()))


async def serve(address: str, port: int) -> None:
    """Pass connections to `address`:`port` on to 127.0.0.1:`port` until cancelled."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

    server = await asyncio.start_server(pass_on, address, port)
    async with server:
        await server.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()
    target.close()
