"""MiniStack, the embedded AWS: started on a free port of 127.0.0.1, with IAM enforced.

It saves its state at a clean stop, so it is always asked to stop, and waited for. One that is
killed loses what came since its last clean stop, and a file that is left behind tells.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import NamedTuple

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from local.place import LocalError, Place, environment, tool

FIRST_PORT = 4566
START_SECONDS = 30.0
STOP_SECONDS = 60.0
PORT_SECONDS = 5.0
_POLL_SECONDS = 0.1

# It outlives this program on purpose; Python would warn of a child that nobody holds.
_CHILDREN: list[subprocess.Popen[bytes]] = []


class Process(NamedTuple):
    """A MiniStack that was started."""

    pid: int
    port: int

    @property
    def endpoint_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


def start(place: Place) -> Process:
    """Return the running MiniStack, started if there is none. Raises LocalError."""
    running = find(place)
    if running:
        return running
    place.state.mkdir(parents=True, exist_ok=True)
    _remove_temporary(place)  # of one that was killed
    place.temporary.mkdir()
    port = _port(place)
    switches = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(place.state),
        "TMPDIR": str(place.temporary),
    }
    with place.log.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603  (our own program, no shell)
            [str(tool("ministack", "ministack"))],
            env=environment() | switches,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal must not cut off its saving
        )
    _CHILDREN.append(child)
    process = Process(child.pid, port)
    place.process.write_text(json.dumps(process._asdict()))
    _wait_until_up(process, child, place)
    place.unsaved.touch()
    return process


def find(place: Place) -> Process | None:
    """Return the MiniStack of this place if it is alive and answers."""
    process = _last(place)
    return process if process and _alive(process.pid) and _answers(process) else None


def stop(place: Place) -> bool:
    """Stop the MiniStack that was started here and wait until its state is saved.

    False if there was none. Raises LocalError if it does not end.
    """
    process = _last(place)
    if not process or not _alive(process.pid):
        return False
    os.kill(process.pid, signal.SIGTERM)
    if not _within(STOP_SECONDS, lambda: not _alive(process.pid)):
        raise LocalError(f"MiniStack (process {process.pid}) does not stop; see {place.log}")
    place.unsaved.unlink(missing_ok=True)
    _remove_temporary(place)
    return True


def was_cut_off(place: Place) -> bool:
    """Tell whether the last MiniStack ended without saving what it held."""
    last = _last(place)
    return place.unsaved.exists() and not (last and _alive(last.pid))


def _remove_temporary(place: Place) -> None:
    shutil.rmtree(place.temporary, ignore_errors=True)


def _last(place: Place) -> Process | None:
    try:
        return Process(**json.loads(place.process.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _last_port(place: Place) -> int:
    last = _last(place)
    return last.port if last else FIRST_PORT


def _port(place: Place) -> int:
    """Return the port of the last time, because the queues' URLs hold it, or else a free one."""
    wanted = _last_port(place)
    # A process that was killed keeps its port until its last thread is gone.
    if _within(PORT_SECONDS, lambda: _is_free(wanted)):
        return wanted
    if any(place.state.iterdir()):
        raise LocalError(
            f"port {wanted} is taken, and this stack's queues are known by it; "
            "stop what listens there, or start anew: make clean up"
        )
    for port in range(wanted + 1, wanted + 200):
        if _is_free(port):
            return port
    raise LocalError(f"no free port from {wanted} on; stop what listens there and try again")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _alive(pid: int) -> bool:
    """Tell whether the process is there and is MiniStack, not a later one with the same id."""
    for child in _CHILDREN:
        child.poll()  # an ended child of ours is there until somebody asks
    shown = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607  (wherever the system has it)
        capture_output=True,
        text=True,
        check=False,
    )
    return "ministack" in shown.stdout and "<defunct>" not in shown.stdout


def _answers(process: Process) -> bool:
    health = f"{process.endpoint_url}/_ministack/health"
    try:
        with PoolManager() as pool:
            return pool.request("GET", health, timeout=2.0, retries=False).status == 200
    except HTTPError:
        return False


def _wait_until_up(process: Process, child: subprocess.Popen[bytes], place: Place) -> None:
    _within(START_SECONDS, lambda: child.poll() is not None or _answers(process))
    if not _answers(process):
        raise LocalError(f"MiniStack did not start; the end of {place.log}:\n{_tail(place)}")


def _tail(place: Place) -> str:
    return "\n".join(place.log.read_text(errors="replace").splitlines()[-8:])


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
