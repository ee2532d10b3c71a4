"""The page of the local stack, `hooks console` as a process of its own: `make up` starts it."""

import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from local.ministack import Process, is_free, within
from local.place import ROOT, LocalError, Place, environment, private, write

FIRST_PORT = 8642
_PORTS = 100
START_SECONDS = 20.0
STOP_SECONDS = 5.0
# It outlives this program on purpose. Python warns of a child without a reference.
_CHILDREN: list[subprocess.Popen[bytes]] = []


def start(place: Place, process: Process) -> str:
    """Start the page anew, on its last port if that is free; return its link. Raises LocalError."""
    last = _last(place)
    stop(place)
    if not place.console_key.exists():
        write(place.console_key, secrets.token_urlsafe(32))
    port = _port(last[1] if last else FIRST_PORT)
    paths = {"JUSTCALL_HOOKS_LOCAL": str(place.home), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT}/src"}
    with open(place.console_log, "wb", opener=private) as log:
        child = subprocess.Popen(  # noqa: S603  (our own program, no shell)
            [sys.executable, "-m", "cli", "console", "--port", str(port)],
            cwd=ROOT,
            env=environment(process.root_key) | paths,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal must not end it
        )
    _CHILDREN.append(child)
    write(place.console_process, json.dumps({"pid": child.pid, "port": port}))
    if not within(START_SECONDS, lambda: child.poll() is not None or _answers(port)):
        stop(place)
    if child.poll() is not None:
        raise LocalError(f"The page did not start. See {place.console_log}")
    return f"http://127.0.0.1:{port}/open?key={place.console_key.read_text()}"


def stop(place: Place) -> None:
    """End the page of this place, if it runs."""
    last = _last(place)
    if not last or not _alive(last[0]):
        return
    with suppress(ProcessLookupError):
        os.kill(last[0], signal.SIGTERM)
        if not within(STOP_SECONDS, lambda: not _alive(last[0])):
            os.kill(last[0], signal.SIGKILL)


def _last(place: Place) -> tuple[int, int] | None:
    try:
        last = json.loads(place.console_process.read_text())
        return int(last["pid"]), int(last["port"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _port(wanted: int) -> int:
    free = (one for one in range(wanted, wanted + _PORTS) if is_free(one))
    try:
        return next(free)
    except StopIteration:
        raise LocalError(f"No free port from {wanted} to {wanted + _PORTS - 1}.") from None


def _alive(pid: int) -> bool:
    """Return whether the process is the page, and not a later process with the same id."""
    for child in _CHILDREN:
        child.poll()  # an ended child exists until it is polled
    shown = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607  (its folder differs by system)
        capture_output=True,
        text=True,
        check=False,
    )
    return "cli console" in shown.stdout and "<defunct>" not in shown.stdout


def _answers(port: int) -> bool:
    try:
        with PoolManager() as pool:
            return (
                pool.request("GET", f"http://127.0.0.1:{port}/", timeout=2, retries=False).status
                == 403
            )
    except HTTPError:
        return False
