"""Finds a CPython 3.13 that runs, or says how to install one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED = (3, 13)
CHOICE = "JUSTCALL_HOOKS_PYTHON"

# A file named python3.13 may be a pyenv shim without a version behind it, a free-threaded build, or
# a build without OpenSSL. So run it. Inside an environment it prints the interpreter that the
# environment was made from, because an environment must not depend on another.
PROBE = """
import json, os, sys, ssl, sqlite3, zlib
print(json.dumps([
    sys.implementation.name,
    list(sys.version_info[:3]),
    hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled(),
    getattr(sys, "_base_executable", None) or sys.executable,
]))
"""

NOT_FOUND = f"""no Python 3.13 found, and uv could not download one. Install it with one of these
and run this again:
  macOS            brew install python@3.13
  Debian, Ubuntu   apt install python3.13-venv   (older releases: from the deadsnakes PPA)
  Fedora           dnf install python3.13
  pyenv            pyenv install 3.13
  uv               uv python install 3.13
or name one that you have: {CHOICE}=/path/to/python3.13"""


class Interpreter(NamedTuple):
    """A Python 3.13 and its exact version."""

    path: Path
    version: str


class NotFound(Exception):
    """No Python 3.13; the message says what to do."""


def find() -> Interpreter | None:
    """Return the Python that the user chose, else the first that runs, else None."""
    chosen = os.environ.get(CHOICE)
    if chosen:
        found = probe(Path(chosen).expanduser())
        if found is None:
            raise NotFound(f"{CHOICE}={chosen} is not a CPython 3.13 that runs")
        return found
    tried: set[Path] = set()
    for path in candidates():
        if path not in tried and os.access(path, os.X_OK):
            tried.add(path)
            found = probe(path)
            if found is not None:
                return found
    return None


def candidates() -> Iterator[Path]:
    """Yield the paths where a Python 3.13 may be, the likeliest first."""
    home = Path.home()
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if folder:
            yield Path(folder) / "python3.13"
    for pyenv in (os.environ.get("PYENV_ROOT"), home / ".pyenv"):
        if pyenv:
            yield from newest_first(Path(pyenv) / "versions", "3.13.*")
    for folder in (
        "/opt/homebrew/opt/python@3.13/bin",
        "/usr/local/opt/python@3.13/bin",
        "/usr/local/bin",
        "/Library/Frameworks/Python.framework/Versions/3.13/bin",
        "/usr/bin",
    ):
        yield Path(folder) / "python3.13"
    yield from newest_first(home / ".local/share/uv/python", "cpython-3.13.*")
    yield Path(sys.executable)


def newest_first(folder: Path, pattern: str) -> list[Path]:
    """Return the interpreters of a folder with one installation per version, newest first."""

    def numbers(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", path.name)]

    installations = sorted(folder.glob(pattern), key=numbers, reverse=True)
    return [installation / "bin/python3.13" for installation in installations]


def probe(path: Path) -> Interpreter | None:
    """Return the interpreter in this file; None if it is not a CPython 3.13 that runs."""
    try:
        answer = subprocess.run(
            [str(path), "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=True,
        )
        name, version, free_threaded, base = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if name != "cpython" or tuple(version[:2]) != WANTED or free_threaded:
        return None
    return Interpreter(Path(base), ".".join(str(number) for number in version))
