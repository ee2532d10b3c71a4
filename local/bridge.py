"""Forward containers to the stack, which listens on 127.0.0.1 only.

`sam local invoke` runs functions on Docker's bridge network, even with `--docker-network host`.
Docker Desktop resolves `host.docker.internal` to this machine's 127.0.0.1. A Docker engine on Linux
resolves it to the bridge's own address; this module listens there and forwards.
"""

import asyncio
import ipaddress
import shutil
import subprocess
from contextlib import suppress

from local.place import LocalError

# The containers' name for this machine, for `sam local invoke --add-host`.
HOST = "host.docker.internal"
ADD_HOST = f"{HOST}:host-gateway"
_CHUNK = 65_536


def gateway() -> str:
    """Return this machine's address on Docker's bridge network. Raises LocalError."""
    program = shutil.which("docker")
    if not program:
        raise LocalError("Docker is not installed. `sam local invoke` needs it.")
    shown = subprocess.run(  # noqa: S603
        [program, "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Subnet}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        raise LocalError("No Docker engine answers. Start it and try again.")
    # Docker gives the bridge the first address of its network.
    return str(next(ipaddress.ip_network(shown.stdout.strip()).hosts()))


async def serve(address: str, port: int) -> None:
    """Forward `address`:`port` to 127.0.0.1:`port` until cancelled."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            upstream, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, back), _copy(upstream, writer))

    server = await asyncio.start_server(forward, address, port)
    async with server:
        await server.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()
    target.close()
