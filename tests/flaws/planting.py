"""Copy the code, plant a flaw in the copy, and run pytest on it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.flaws.table import ROOT, Flaw

_COPIED = ("src", "cli")
# Runs on copies share the checkout's cache directory, so they must not write to it.
_QUIET = ("-q", "-p", "no:cacheprovider", "--tb=short", "--show-capture=no", "-rfE")
_SECONDS = 120


class Run(NamedTuple):
    """Result of pytest: its exit code, and the numbers of failed tests and of errors."""

    code: int
    failed: int
    errors: int
    output: str


def copy(into: Path) -> Path:
    """Copy the code under test."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
    return into


def plant(flaw: Flaw, code: Path) -> None:
    """Plant a flaw in a copy of the code, which must hold `before` exactly once."""
    file = code / flaw.file
    text = file.read_text()
    count = text.count(flaw.before)
    assert count == 1, f"{flaw.name}: {flaw.file} holds `before` {count} times, not once"
    assert flaw.before != flaw.after
    planted = text.replace(flaw.before, flaw.after)
    compile(planted, flaw.file, "exec")
    file.write_text(planted)


def run(code: Path, tests: Iterable[str], *options: str) -> Run:
    """Run tests of this checkout on a copy of the code."""
    path = f"pythonpath={code} {ROOT} {code / 'src'}"
    ran = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *_QUIET, *options, "-o", path, *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    output = ran.stdout + ran.stderr
    failed, errors = (
        len(re.findall(f"^{word} tests/", output, re.MULTILINE)) for word in ("FAILED", "ERROR")
    )
    return Run(ran.returncode, failed, errors, output)
