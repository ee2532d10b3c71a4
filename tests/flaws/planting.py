"""Copies of the code with a flaw in them, and pytest at work on such a copy."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.flaws.table import ROOT, Flaw

_COPIED = ("src", "cli")
# Not one file of a copy is ever compiled into the checkout, nor is anything cached there.
_QUIET = ("-q", "-p", "no:cacheprovider", "--tb=short", "--show-capture=no", "-rfE")
_SECONDS = 120


class Run(NamedTuple):
    """How pytest ended: its exit code, how many tests failed, how many could not be run."""

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
    """Put a flaw into a copy; a text that is not there exactly once is an error of the table."""
    file = code / flaw.file
    text = file.read_text()
    found = text.count(flaw.before)
    assert found == 1, f"{flaw.name}: {flaw.file} holds the text {found} times"
    assert flaw.before != flaw.after
    planted = text.replace(flaw.before, flaw.after)
    compile(planted, flaw.file, "exec")
    file.write_text(planted)


def run(code: Path, tests: Iterable[str], *options: str) -> Run:
    """Run tests of this checkout on the code of a copy."""
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
