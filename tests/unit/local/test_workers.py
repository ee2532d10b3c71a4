"""Cheap starts of function processes: one unpacked copy, no botocore, few at once."""

import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import workers

SCRIPT = """
def run():
    import os
    module_name, handler_name = "handler.app", "handler"
    _ms_install_invoke_depth()
"""


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a zip with a package and a module; what it is unpacked to is in `tmp_path` too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = tmp_path / "code.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("handler/app.py", "ANSWER = 200")
        packed.writestr("errors.py", "")
    return file


def fake_runtime() -> Any:
    class Worker:
        def _spawn(self) -> None:
            """Start nothing."""

    return SimpleNamespace(_PYTHON_WORKER_SCRIPT=SCRIPT, zipfile=zipfile, Worker=Worker)


def unpack(file: Path, folder: Path) -> Path:
    folder.mkdir()
    with workers.SharedZip(str(file)) as packed:
        packed.extractall(str(folder))
    return folder


def test_processes_share_one_unpacked_copy(packed: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda n: unpack(packed, tmp_path / str(n)), range(8)))
    for folder in folders:
        assert (folder / "handler" / "app.py").read_text() == "ANSWER = 200"
        assert sorted(entry.name for entry in folder.iterdir()) == ["errors.py", "handler"]
    assert len({folder.resolve() for folder in folders}) == 1
    assert len(list(tmp_path.glob("code-*"))) == 1


def test_other_code_has_a_copy_of_its_own(packed: Path, tmp_path: Path) -> None:
    old = unpack(packed, tmp_path / "old")
    with zipfile.ZipFile(packed, "w") as changed:
        changed.writestr("handler/app.py", "ANSWER = 503")
    new = unpack(packed, tmp_path / "new")
    assert (old / "handler" / "app.py").read_text() == "ANSWER = 200"
    assert (new / "handler" / "app.py").read_text() == "ANSWER = 503"


def test_names_are_those_of_the_zip(packed: Path) -> None:
    with workers.SharedZip(str(packed)) as shared:
        assert sorted(shared.namelist()) == ["errors.py", "handler/app.py"]


def test_a_zip_that_cannot_be_read_leaves_no_copy(tmp_path: Path, packed: Path) -> None:
    packed.write_bytes(b"no zip")
    with pytest.raises(zipfile.BadZipFile):
        unpack(packed, tmp_path / "folder")
    assert not list(tmp_path.glob("code-*"))


def test_process_names_its_handler_and_does_not_count_recursion() -> None:
    runtime = fake_runtime()
    workers.install(runtime)
    environ: dict[str, str] = {}
    script = runtime._PYTHON_WORKER_SCRIPT.replace("import os", "os = OS")
    scope: dict[str, Any] = {"OS": SimpleNamespace(environ=environ)}
    exec(script + "\nrun()", scope)  # noqa: S102  (the test's own text)
    assert environ == {"_HANDLER": "handler.app.handler"}


def test_another_ministack_is_not_changed() -> None:
    runtime = fake_runtime()
    runtime._PYTHON_WORKER_SCRIPT = "def run(): pass"
    with pytest.raises(RuntimeError, match=r"local/workers\.py"):
        workers.install(runtime)
    assert runtime.zipfile is zipfile


def test_few_processes_start_at_once() -> None:
    starting, most = set[int](), [0]
    lock, go = threading.Lock(), threading.Event()

    def start(worker: int) -> None:
        with lock:
            starting.add(worker)
            most[0] = max(most[0], len(starting))
            if most[0] == workers.MAX_STARTS:
                go.set()
        assert go.wait(10)
        with lock:
            starting.remove(worker)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(workers.few_at_once(start), range(20)))
    assert most == [workers.MAX_STARTS]


def test_a_start_inside_a_start_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MAX_STARTS", 1)
    monkeypatch.setattr(workers, "MAX_WAIT_SECONDS", 0.05)
    depths: list[int] = []

    def start(depth: int) -> None:
        depths.append(depth)
        if depth < 3:
            limited(depth + 1)

    limited = workers.few_at_once(start)
    limited(1)
    assert depths == [1, 2, 3]


def test_a_failed_start_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MAX_STARTS", 1)

    def start(_: int) -> None:
        raise OSError("no process")

    limited = workers.few_at_once(start)
    started = time.monotonic()
    for worker in range(3):
        with pytest.raises(OSError, match="no process"):
            limited(worker)
    assert time.monotonic() - started < workers.MAX_WAIT_SECONDS
