"""Let MiniStack start function processes cheaply: `install` replaces three of its names.

MiniStack 1.5.33 unpacks the whole zip for each process while its other threads wait, and each
process imports botocore to count recursive invocations (decision 22). MiniStack's own environment
runs this file, so it imports nothing of ours.
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

# More starts at once than processors delay the functions that already run, until their calls time
# out.
MAX_STARTS = max(2, os.cpu_count() or 2)
# A function that invokes another while it starts holds a place that the other waits for. On a busy
# machine the wait is long: whoever gave up earlier would start together with all others.
MAX_WAIT_SECONDS = 30.0
_COUNT_RECURSION = "\n    _ms_install_invoke_depth()\n"
# Lambda sets this variable, and the handler asks it whether it needs botocore.
_NAME_HANDLER = '\n    os.environ["_HANDLER"] = f"{module_name}.{handler_name}"\n'

_unpacking = threading.Lock()


class SharedZip:
    """A zip that is unpacked once for all processes; each gets a link to the one folder.

    The processes share the byte code too. A function may not write there, as on AWS.

    Not a `ZipFile`, which reads the whole directory of the zip before anything is asked of it.
    """

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: no file stays open."""

    def namelist(self) -> list[str]:
        """Return the names in the zip."""
        with zipfile.ZipFile(self._file) as packed:
            return packed.namelist()

    def extractall(self, folder: str) -> None:
        """Replace an empty folder by a link to the unpacked zip."""
        Path(folder).rmdir()
        Path(folder).symlink_to(self._unpacked())

    def _unpacked(self) -> Path:
        digest = hashlib.sha256(self._file.read_bytes()).hexdigest()
        folder = Path(tempfile.gettempdir()) / f"code-{digest[:32]}"
        with _unpacking:
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                with zipfile.ZipFile(self._file) as packed:
                    packed.extractall(partial)
                partial.rename(folder)
        return folder


class _Zipfile:
    """What MiniStack's function processes need of the module `zipfile`."""

    ZipFile = SharedZip
    BadZipFile = zipfile.BadZipFile
    LargeFileError = zipfile.LargeZipFile


def install(runtime: Any) -> None:
    """Change the module `ministack.core.lambda_runtime`. Raises RuntimeError if it is another."""
    script = runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001  (MiniStack has no setting for this)
    if script.count(_COUNT_RECURSION) != 1 or runtime.zipfile is not zipfile:
        raise RuntimeError("this MiniStack starts functions in another way; see local/workers.py")
    # None of our functions invokes another, and botocore's import is most of a process's start.
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_COUNT_RECURSION, _NAME_HANDLER)  # noqa: SLF001
    runtime.zipfile = _Zipfile
    runtime.Worker._spawn = few_at_once(runtime.Worker._spawn)  # noqa: SLF001


def few_at_once(start: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let at most MAX_STARTS processes start at once; the others wait."""
    places = threading.Semaphore(MAX_STARTS)

    def starting(worker: Any) -> None:
        has_place = places.acquire(timeout=MAX_WAIT_SECONDS)
        try:
            start(worker)
        finally:
            if has_place:
                places.release()

    return starting
