"""The page of the local stack, `hooks console` as a process of its own: `make up` starts it."""

import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from local import processes
from local.ministack import Process
from local.place import ROOT, LocalError, Place, environment, private, write

FIRST_PORT = 8642
_PORTS = 100
START_SECONDS = 20.0
STOP_SECONDS = 5.0


def start(place: Place, process: Process) -> str:
    """Start the page anew, on its last port if that is free; return its link. Raises LocalError."""
    last = processes.last(place.console_process)
    stop(place)
    if not place.console_key.exists():
        write(place.console_key, secrets.token_urlsafe(32))
    port = _port(last.port if last else FIRST_PORT)
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
    processes.keep(child, place.console_process, port)
    if not processes.within(START_SECONDS, lambda: child.poll() is not None or _answers(port)):
        stop(place)
    if child.poll() is not None:
        raise LocalError(f"The page did not start. See {place.console_log}")
    return f"http://127.0.0.1:{port}/open?key={place.console_key.read_text()}"


def stop(place: Place) -> None:
    """End the page of this place, if it runs."""
    last = processes.last(place.console_process)
    if not last or not _alive(last.pid):
        return
    with suppress(ProcessLookupError):
        os.kill(last.pid, signal.SIGTERM)
        if not processes.within(STOP_SECONDS, lambda: not _alive(last.pid)):
            os.kill(last.pid, signal.SIGKILL)


def _port(wanted: int) -> int:
    port = processes.first_free(range(wanted, wanted + _PORTS))
    if port is None:
        raise LocalError(f"No free port from {wanted} to {wanted + _PORTS - 1}.")
    return port


def _alive(pid: int) -> bool:
    return processes.is_running(pid, "cli console")


def _answers(port: int) -> bool:
    try:
        with PoolManager() as pool:
            return (
                pool.request("GET", f"http://127.0.0.1:{port}/", timeout=2, retries=False).status
                == 403
            )
    except HTTPError:
        return False
