"""MiniStack, the embedded AWS: started on a free port of 127.0.0.1, with IAM enforced.

MiniStack saves its state at a clean stop, so stopping it means asking it and waiting. A killed
MiniStack loses everything since its last clean stop; a file that it leaves behind shows that.
"""

import os
import shutil
import signal
import subprocess
from typing import NamedTuple

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from local import guard, patches, processes
from local.place import LocalError, Place, environment, private, tool

FIRST_PORT = 4566
START_SECONDS = 30.0
STOP_SECONDS = 60.0
PORT_SECONDS = 5.0


class Process(NamedTuple):
    """A MiniStack that runs, or ran."""

    pid: int
    port: int
    root_key: str = ""

    @property
    def endpoint_url(self) -> str:
        """The URL of every AWS service."""
        return f"http://127.0.0.1:{self.port}"


def start(place: Place) -> Process:
    """Return the running MiniStack, or start one. Raises LocalError."""
    running = find(place)
    if running and place.token.exists() and running.root_key:
        return running
    if running:
        stop(place)  # a version before the guard, or before the root key, started it
    place.protect()
    place.renew_token()
    root_key = place.ensure_root_key()
    place.state.mkdir(mode=0o700, exist_ok=True)
    _remove_temporary(place)  # a killed MiniStack leaves files
    place.temporary.mkdir(mode=0o700)
    port = _port(place)
    switches = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(place.state / "s3"),
        "S3_PERSIST": "1",
        "STATE_DIR": str(place.state),
        "TMPDIR": str(place.temporary),
    }
    with open(place.log, "ab", opener=private) as log:
        child = subprocess.Popen(  # noqa: S603  (our own program, no shell)
            # -P: this folder's modules must not hide others of the same name.
            [
                *(str(tool("ministack", "python")), "-P", patches.__file__),
                *(guard.__file__, str(place.token)),
            ],
            env=environment(root_key) | switches,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal must not interrupt its saving
            umask=0o077,
        )
    processes.keep(child, place.process, port)
    process = Process(child.pid, port, root_key)
    _wait_until_up(process, child, place)
    place.unsaved.touch(mode=0o600)
    return process


def find(place: Place) -> Process | None:
    """Return the MiniStack of this place if it runs and answers."""
    process = _last(place)
    return process if process and _alive(process.pid) and _answers(process, place) else None


def stop(place: Place) -> bool:
    """Stop the MiniStack of this place and wait until its state is saved.

    Returns False if none runs. Raises LocalError if it does not end.
    """
    process = _last(place)
    if not process or not _alive(process.pid):
        return False
    os.kill(process.pid, signal.SIGTERM)
    if not processes.within(STOP_SECONDS, lambda: not _alive(process.pid)):
        raise LocalError(f"MiniStack (process {process.pid}) does not stop. See {place.log}")
    place.unsaved.unlink(missing_ok=True)
    _remove_temporary(place)
    return True


def was_killed(place: Place) -> bool:
    """Return whether the last MiniStack ended without saving its state."""
    last = _last(place)
    return place.unsaved.exists() and not (last and _alive(last.pid))


def _remove_temporary(place: Place) -> None:
    shutil.rmtree(place.temporary, ignore_errors=True)


def _last(place: Place) -> Process | None:
    last = processes.last(place.process)
    return Process(*last, place.root_key()) if last else None


def _last_port(place: Place) -> int:
    last = _last(place)
    return last.port if last else FIRST_PORT


def _port(place: Place) -> int:
    """Return the last port, because the queues' URLs contain it, or else a free port."""
    wanted = _last_port(place)
    # A killed process keeps its port until its last thread ends.
    if processes.within(PORT_SECONDS, lambda: processes.is_free(wanted)):
        return wanted
    if any(place.state.iterdir()):
        raise LocalError(
            f"Another program uses port {wanted}, which this stack's queue URLs contain. "
            "Stop that program, or start from scratch: make clean up"
        )
    port = processes.first_free(range(wanted + 1, wanted + 200))
    if port is None:
        raise LocalError(
            f"No free port from {wanted} to {wanted + 199}. Stop a program that listens there."
        )
    return port


def _alive(pid: int) -> bool:
    return processes.is_running(pid, "ministack")


def admin_headers(place: Place) -> dict[str, str]:
    """Return the headers that MiniStack's own paths, such as /_ministack/health, ask for."""
    return {guard.TOKEN_HEADER: place.token.read_text()} if place.token.exists() else {}


def _answers(process: Process, place: Place) -> bool:
    health = f"{process.endpoint_url}/_ministack/health"
    headers = admin_headers(place)
    try:
        with PoolManager(headers=headers) as pool:
            return pool.request("GET", health, timeout=2.0, retries=False).status == 200
    except HTTPError:
        return False


def _wait_until_up(process: Process, child: subprocess.Popen[bytes], place: Place) -> None:
    processes.within(START_SECONDS, lambda: child.poll() is not None or _answers(process, place))
    if not _answers(process, place):
        raise LocalError(f"MiniStack did not start. The end of {place.log}:\n{_tail(place)}")


def _tail(place: Place) -> str:
    return "\n".join(place.log.read_text(errors="replace").splitlines()[-8:])
