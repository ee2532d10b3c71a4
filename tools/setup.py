"""Creates this repository's environments, each only if one of its inputs changed.

Usage: python3 tools/setup.py [--quiet] ENV...   (dev, sam, ministack)

Runs on any Python from 3.9 on, with nothing installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import interpreter
import packages
from interpreter import Interpreter
from packages import LOCAL, ROOT, Uv

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENTS = {
    "dev": ROOT / ".venv",
    "sam": LOCAL / "venv-sam",
    "ministack": LOCAL / "venv-ministack",
}


def main(arguments: list[str]) -> int:
    """Create the named environments; 0 on success, 2 if the user has to do something."""
    quiet = "--quiet" in arguments
    names = [argument for argument in arguments if argument != "--quiet"]
    if not names or not set(names) <= set(ENVIRONMENTS):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        require_posix()
        with one_at_a_time():
            setup(list(dict.fromkeys(names)), quiet)
    except (packages.Failed, interpreter.NotFound) as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("setup: interrupted; run it again and it starts over", file=sys.stderr)
        return 130
    return 0


def require_posix() -> None:
    """Require macOS or Linux, for SAM's build, MiniStack and this file's lock."""
    if sys.version_info < (3, 9):  # noqa: UP036 - it is run by whatever Python is there
        raise packages.Failed("this Python is too old: run it with 3.9 or newer")
    if sys.platform == "win32":
        raise packages.Failed("Windows itself is not supported: run it inside WSL")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second run wait for the first."""
    import fcntl  # noqa: PLC0415 - not on Windows, which is refused above

    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waits", "for another run of tools/setup.py")
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)
        yield


def setup(names: list[str], quiet: bool) -> None:
    """Create the environments that are missing or out of date."""
    uv: Uv | None = None
    python = interpreter.find() or fetched()
    if python is None:
        uv = Uv()
        python = fetch(uv)
    if not quiet:
        say("python", f"{python.version} at {python.path}")
    missing = {}
    for name in names:
        wanted = stamp(name, python)
        if not is_whole(ENVIRONMENTS[name], wanted):
            missing[name] = wanted
        elif not quiet:
            say("env", f"{name:<10} ready")
    if missing:
        make_all(missing, python, uv or Uv())


def make_all(missing: dict[str, str], python: Interpreter, uv: Uv) -> None:
    """Create environments at the same time: one downloads while another unpacks."""
    with ThreadPoolExecutor(len(missing)) as pool:
        made = [pool.submit(make, name, python, uv, missing[name]) for name in missing]
    for one in made:
        one.result()


def stamp(name: str, python: Interpreter) -> str:
    """Return the hash of an environment's inputs; a change of one means a new environment."""
    made_from = hashlib.sha256()
    for part in (str(ROOT), str(python.path), python.version):  # an environment cannot be moved
        made_from.update(part.encode() + b"\0")
    own = [Path(module.__file__ or "") for module in (sys.modules[__name__], packages)]
    for file in (ROOT / f"requirements/{name}.txt", *own):
        made_from.update(file.read_bytes())
    return made_from.hexdigest()


def is_whole(env: Path, wanted: str) -> bool:
    """Tell whether an environment is complete, has this stamp, and its Python still exists."""
    written = env / "stamp"
    return (
        written.is_file()
        and written.read_text() == wanted
        and os.access(env / "bin/python3.13", os.X_OK)
    )


def make(name: str, python: Interpreter, uv: Uv, wanted: str) -> None:
    """Create an environment. The stamp is removed first and written last, so it means complete."""
    started = time.monotonic()
    env = ENVIRONMENTS[name]
    with contextlib.suppress(FileNotFoundError):
        (env / "stamp").unlink()
    at = ["--python", str(python.path), "--no-python-downloads"]
    uv(f"making {env}", "venv", "--clear", "--force", *at, str(env), python=python.path)
    requirements = str(ROOT / f"requirements/{name}.txt")
    into = ["--python", str(env / "bin/python"), "--require-hashes", "-r", requirements]
    uv(f"installing {requirements}", "pip", "install", *into, python=python.path)
    if name == "dev":
        add_this_checkout(env)
    unfinished = env / "stamp.unfinished"
    unfinished.write_text(wanted)
    unfinished.replace(env / "stamp")
    say("env", f"{name:<10} made in {time.monotonic() - started:.1f} s")


def add_this_checkout(env: Path) -> None:
    """Make the checkout importable in .venv, as in a Lambda, and install the command `hooks`."""
    paths = env / "lib/python3.13/site-packages/justcall-hooks.pth"
    paths.write_text(f"{ROOT}\n{ROOT / 'src'}\n")
    command = env / "bin/hooks"
    command.write_text(f'#!/bin/sh\nexec "{env}/bin/python" -m cli "$@"\n')
    command.chmod(0o755)


def fetched() -> Interpreter | None:
    """Return the Python that an earlier run downloaded."""
    for path in interpreter.newest_first(LOCAL / "python", "cpython-3.13.*"):
        found = interpreter.probe(path)
        if found is not None:
            return found
    return None


def fetch(uv: Uv) -> Interpreter:
    """Let uv download a Python 3.13 into .local; nothing outside the checkout changes."""
    say("python", "none found; uv downloads 3.13 into .local/python")
    into = ["--install-dir", str(LOCAL / "python"), "--no-bin"]
    with contextlib.suppress(packages.Failed):
        uv("downloading Python 3.13", "python", "install", "3.13", *into)
    found = fetched()
    if found is None:
        raise interpreter.NotFound(interpreter.NOT_FOUND)
    return found


def say(what: str, words: str) -> None:
    print(f"{what:<8}{words}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
