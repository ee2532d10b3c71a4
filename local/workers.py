"""Let MiniStack start function processes cheaply: `install` replaces four of its names.

MiniStack 1.5.33 unpacks the whole zip for each process while its other threads wait, and each
process imports botocore to count recursive invocations. Docs: decision 22. MiniStack's own
environment runs this file, so it imports nothing of ours.
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# More processes that start at once than processors only delay the functions that already run.
MAX_STARTS = max(2, os.cpu_count() or 2)
# A function that invokes another while it starts would hold its place for ever.
MAX_WAIT_SECONDS = 5.0
_COUNT_RECURSION = "\n    _ms_install_invoke_depth()\n"
# Lambda sets this variable, and the handler asks it whether it needs botocore.
_NAME_HANDLER = '\n    os.environ["_HANDLER"] = f"{module_name}.{handler_name}"\n'

_unpacking = threading.Lock()


class SharedZip(zipfile.ZipFile):
    """A zip that is unpacked once for all processes; each gets links to the one folder."""

    def extractall(
        self,
        path: str | os.PathLike[str] | None = None,
        members: Iterable[str | zipfile.ZipInfo] | None = None,
        pwd: bytes | None = None,
    ) -> None:
        """Link every entry of the unpacked zip into the folder `path`."""
        if path is None or members is not None or pwd is not None:
            raise NotImplementedError
        for entry in self._unpacked().iterdir():
            (Path(path) / entry.name).symlink_to(entry)

    def _unpacked(self) -> Path:
        content = Path(str(self.filename)).read_bytes()
        folder = Path(tempfile.gettempdir()) / f"code-{hashlib.sha256(content).hexdigest()[:32]}"
        with _unpacking:
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                super().extractall(partial)
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
