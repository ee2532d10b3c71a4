"""The package of the program alone: `pipx install` gives `hooks`, without SAM and MiniStack."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cli import __version__
from cli.stack import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_NAME = re.compile(r"[A-Za-z0-9._-]+")
# Runs the program, and prints where its code came from and what it loaded.
_RUN = "from justcall_hooks import main; main()"
_LOADED = """
import json, sys
from justcall_hooks import LIB
sys.path.insert(0, str(LIB))
import cli.app, cli.console.server  # the page is loaded when it is asked for
known = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
print(json.dumps({"file": cli.app.__file__, "names": sorted(known)}))
"""


def run(*arguments: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path or os.environ.get("PYTHONPATH", "")},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the built wheel as pip would unpack it."""
    out = tmp_path_factory.mktemp("wheel")
    build = f"import hatchling.build; hatchling.build.build_wheel({str(out)!r})"
    run("-c", build, folder=ROOT)
    [wheel] = out.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def test_the_wheel_runs(site: Path, tmp_path: Path) -> None:
    helped = run("-c", _RUN, "--help", folder=tmp_path, path=str(site)).stdout
    assert "Usage: hooks" in helped
    assert (
        run("-c", _RUN, "--version", folder=tmp_path, path=str(site)).stdout == f"{__version__}\n"
    )
    body = site / "justcall_hooks" / "lib" / "events" / "http" / "sms_sent.json"
    signed = run("-c", _RUN, "sign", "--body", str(body), "--secret", "x", folder=tmp_path, path=str(site))  # fmt: skip
    assert "x-justcall-signature: " in signed.stdout


def test_the_wheel_has_one_name_and_no_tests(site: Path) -> None:
    assert {one.name for one in site.iterdir()} == {
        "justcall_hooks",
        f"justcall_hooks-{__version__}.dist-info",
    }
    lib = site / "justcall_hooks" / "lib"
    assert {one.name for one in (lib / "local").iterdir()} == {"__init__.py", "post.py"}
    for file in ("templates/events.html", "static/console.js", "static/htmx-2.0.11.min.js"):
        assert (lib / "cli" / "console" / file).is_file()
    assert not {"tests", "bench", "chaos", "requirements.txt"} & {one.name for one in lib.iterdir()}
    entry = (site / f"justcall_hooks-{__version__}.dist-info" / "entry_points.txt").read_text()
    assert "hooks = justcall_hooks:main" in entry


def test_the_dependencies_are_what_the_program_loads(site: Path, tmp_path: Path) -> None:
    loaded: dict[str, Any] = json.loads(run("-c", _LOADED, folder=tmp_path, path=str(site)).stdout)
    assert loaded["file"].startswith(str(site))
    owners = importlib.metadata.packages_distributions()
    used = {_plain(one) for name in loaded["names"] for one in owners.get(name, [])}
    asked = {_plain(_NAME.match(one)[0]) for one in _PROJECT["dependencies"]}  # type: ignore[index]
    # botocore uses certifi's certificates where they are installed.
    assert used - {"certifi"} <= _closure(asked)
    assert not {"aws-sam-cli", "ministack", "moto", "pytest"} & _closure(asked)
    assert asked <= used


def test_the_version_is_the_programs() -> None:
    assert _PROJECT["version"] == __version__


def _closure(names: set[str]) -> set[str]:
    """Return these distributions and all that they need, without extras."""
    found: set[str] = set()
    while missing := names - found:
        found |= missing
        for one in missing:
            try:
                needed = importlib.metadata.requires(one) or []
            except importlib.metadata.PackageNotFoundError:
                continue  # needed on another system
            names = names | {
                _plain(match[0])
                for text in needed
                if "extra ==" not in text and (match := _NAME.match(text))
            }
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
