"""Copy the code, plant a flaw in the copy, and run pytest on it.

The runs are forks of one process that has already imported the libraries: that takes most of a
run's time. It has imported none of our code.
"""

import compileall
import multiprocessing
import os
import re
import shutil
import sys
from collections.abc import Iterable
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.flaws.table import ROOT, Flaw

_COPIED = ("src", "cli")
# Runs on copies share the checkout's cache directory, so they must not write to it.
_QUIET = ("-q", "-p", "no:cacheprovider", "--tb=short", "--show-capture=no", "-rfE")
# pytest cannot rewrite a library that is already imported, and need not.
_IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
_SECONDS = 120
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        *("pytest", "hypothesis.stateful", "yaml", "typer", "rich", "pydantic", "phonenumbers"),
        *("boto3", "moto.core.models", "moto.dynamodb.urls", "moto.sqs.urls"),
        "moto.secretsmanager.urls",
    ]
)


class Run(NamedTuple):
    """Result of pytest: its exit code, and the numbers of failed tests and of errors."""

    code: int
    failed: int
    errors: int
    output: str


def compiled(into: Path) -> Path:
    """Copy the code under test and compile it: a run on a copy of this copy compiles one file."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        assert compileall.compile_dir(into / name, quiet=1)
    return into


def copy(code: Path, into: Path) -> Path:
    """Copy compiled code. Its byte code is used as long as the time of the source stays."""
    for name in _COPIED:
        shutil.copytree(code / name, into / name)
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
    # Byte code counts as valid while the size and the second of change of its source are the same.
    Path(cache_from_source(str(file))).unlink()


def run(code: Path, tests: Iterable[str], *options: str) -> Run:
    """Run tests of this checkout on a copy of the code."""
    path = f"pythonpath={code} {ROOT} {code / 'src'}"
    output = code / "output"
    arguments = [*_QUIET, *_IMPORTED, *options, "-o", path, *tests]
    process = _FORKS.Process(target=_pytest, args=(arguments, output))
    process.start()
    process.join(_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    text = output.read_text()
    failed, errors = (
        len(re.findall(f"^{word} tests/", text, re.MULTILINE)) for word in ("FAILED", "ERROR")
    )
    assert process.exitcode is not None
    return Run(process.exitcode, failed, errors, text)


def _pytest(arguments: list[str], output: Path) -> None:
    """Run pytest in this process, and end it with pytest's exit code."""
    sys.dont_write_bytecode = True
    os.chdir(ROOT)
    file = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.exit(pytest.main(arguments))
