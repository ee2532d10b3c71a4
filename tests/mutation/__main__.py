"""Plants mutants in a copy of the checkout, runs the tests on each, and tells who survived.

Usage: python -m tests.mutation [MODULE...]   (such as handler/receive; all of them without)

0 if the survivors are those that tests/mutation/explained.py explains, 1 if not.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutation.explained import EXPLAINED, MODULES, ROOT, Mutant

# All that tests read; what else lies in a checkout stays there.
_COPIED = ("src", "tests", "cli", "local", "tools", "events", "docs", "requirements", "chaos")
_FILES = ("template.yaml", "samconfig.toml", "pyproject.toml", "Makefile", "README.md", "hooks")
# The quick tests first; then, for the mutants that are left, those that need tables and queues.
_PASSES = (
    ("tests/unit/handler", "tests/unit/aws", "tests/unit/justcall", "tests/unit/sweeper"),
    (
        "tests/unit/test_canary.py",
        "tests/integration/test_promises.py",
        "tests/integration/test_races.py",
        "tests/integration/test_joining.py",
        "tests/integration/test_sweeper.py",
    ),
)
# It judges 10,000 events for hours; both runs of it would take most of the time.
_SLOW = "tests/unit/sweeper/test_verdict.py::test_a_backlog_is_not_amplified"
_LONGEST_SECONDS = 3600
# mutmut's: all tests passed; there is no test.
_NOT_KILLED = (0, 33)
_SHOW = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps({name: get_diff_for_mutant(name) for name in sys.argv[1:]}))
"""


def main(modules: Sequence[str]) -> int:
    """Run; tell the figures and the survivors."""
    if not set(modules) <= set(MODULES):
        _say(__doc__ or "")
        return 2
    started = time.monotonic()
    explained = {one.mutant for one in EXPLAINED}
    alive: dict[str, Mutant] = {}
    total = 0
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        for number, tests in enumerate(_PASSES):
            # The second pass is for the few that are left; to run them all again would take hours.
            left = [name for name in alive if alive[name] not in explained]
            if number and not left:
                break
            copy = Path(folder) / str(number)
            _copy(copy, modules or MODULES, tests)
            log = copy / "mutmut.log"
            if not _mutmut(copy, log, left):
                _say(log.read_text().replace("\r", "\n")[-5000:])
                return 2
            codes = {name: code for name, code in _codes(copy) if not left or name in left}
            total = total or len(codes)
            found = _mutants(copy, [name for name in codes if codes[name] in _NOT_KILLED])
            alive = {name: alive[name] for name in alive if name not in codes} | found
            seconds = time.monotonic() - started
            _say(f"{len(codes)} mutants, {len(found)} survived {' '.join(tests)}; {seconds:.0f} s")
    _say(f"{total} mutants: {total - len(alive)} killed, {len(alive)} survived")
    return _judge(list(alive.values()), modules or MODULES)


def _judge(found: Sequence[Mutant], modules: Sequence[str]) -> int:
    names = tuple(f"{module.replace('/', '.')}." for module in modules)
    explained = [one.mutant for one in EXPLAINED if one.mutant.function.startswith(names)]
    unexplained = sorted((Counter(found) - Counter(explained)).elements())
    dead = sorted((Counter(explained) - Counter(found)).elements())
    for mutant in unexplained:
        _say(f"survives   {mutant!r}")
    for mutant in dead:
        _say(f"is killed, though explained   {mutant!r}")
    return 1 if unexplained or dead else 0


def _copy(into: Path, modules: Sequence[str], tests: Sequence[str]) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    into.mkdir()
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, into / name, ignore=ignored)
    for name in _FILES:
        shutil.copy2(ROOT / name, into / name)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{module}.py" for module in modules],
        "also_copy": [name for name in (*_COPIED, *_FILES) if name not in {"src", "tests"}],
        "pytest_add_cli_args_test_selection": list(tests),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "--deselect", _SLOW],
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    # Both would look for a repository around the copy.
    lines += ["use_git_change_detection = false\n", "track_dependencies = false\n"]
    with (into / "pyproject.toml").open("a") as file:
        file.writelines(["\n[tool.mutmut]\n", *lines])


def _mutmut(copy: Path, log: Path, names: Sequence[str]) -> bool:
    at_once = str(min(2, os.cpu_count() or 1))
    with log.open("w") as output:
        ran = subprocess.run(
            [sys.executable, "-m", "mutmut", "run", "--max-children", at_once, *names],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": ""},
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    return ran.returncode == 0


def _codes(copy: Path) -> Iterator[tuple[str, int | None]]:
    """Yield each mutant's name with the exit code of its tests."""
    for file in sorted((copy / "mutants/src").rglob("*.py.meta")):
        yield from json.loads(file.read_text())["exit_code_by_key"].items()


def _mutants(copy: Path, names: Sequence[str]) -> dict[str, Mutant]:
    """Return what these mutants change, by their names, which count through a function."""
    if not names:
        return {}
    shown = subprocess.run(
        [sys.executable, "-c", _SHOW, *names], cwd=copy, capture_output=True, text=True, check=True
    )
    return {name: _mutant(name, diff) for name, diff in json.loads(shown.stdout).items()}


def _mutant(name: str, diff: str) -> Mutant:
    lines = diff.splitlines()[3:]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    function = name.rpartition("__mutmut_")[0].replace("x_", "", 1).replace("xǁ", "")
    return Mutant(function.replace("ǁ", "."), before, after)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
