"""Processes that outlive this program: the embedded AWS, and the page of the local stack."""

import json
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from local.place import write

_POLL_SECONDS = 0.1
# Python warns of a child without a reference.
_CHILDREN: list[subprocess.Popen[bytes]] = []


class Last(NamedTuple):
    """The process that a file names: it runs, or ran."""

    pid: int
    port: int


def keep(child: subprocess.Popen[bytes], file: Path, port: int) -> None:
    """Let a child outlive this program; a file says which it is."""
    _CHILDREN.append(child)
    write(file, json.dumps(Last(child.pid, port)._asdict()))


def last(file: Path) -> Last | None:
    """Return the process that a file names, None if there is none."""
    try:
        noted = json.loads(file.read_text())
        return Last(int(noted["pid"]), int(noted["port"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_running(pid: int, program: str) -> bool:
    """Return whether a process is the program, and not a later process with the same id."""
    for child in _CHILDREN:
        child.poll()  # an ended child exists until it is polled
    shown = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607  (its folder differs by system)
        capture_output=True,
        text=True,
        check=False,
    )
    return program in shown.stdout and "<defunct>" not in shown.stdout


def first_free(ports: range) -> int | None:
    """Return the first of some ports on which nobody listens."""
    return next(filter(is_free, ports), None)


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def within(seconds: float, done: Callable[[], bool]) -> bool:
    """Poll until it is done; False if that takes longer."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
