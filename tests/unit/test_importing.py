"""Importing a module has no effect, and one module reads the environment."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in SRC.rglob("*.py")
)
ENTRY_POINTS = [
    module
    for module in MODULES
    if module.startswith(("handler", "processors", "sweeper", "secret_writer"))
]


def reads_environment(tree: ast.AST) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.alias) and node.name in names)
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("module", MODULES)
def test_only_settings_reads_the_environment(module: str) -> None:
    path = SRC.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert reads_environment(ast.parse(path.read_text())) is (module == "aws.settings")


_IMPORT = """
import os, socket, sys

def refuse(*arguments, **options):
    raise AssertionError("the network was used")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
before = dict(os.environ)
import importlib
importlib.import_module(sys.argv[1])
from aws import clients
assert clients._session.cache_info().currsize == 0, "a session was made"
assert clients._client.cache_info().currsize == 0, "a client was made"
assert dict(os.environ) == before, "the environment was changed"
"""


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_importing_has_no_effect(module: str) -> None:
    """Importing a Lambda's module needs no setting, makes no client and connects to nothing."""
    program = [sys.executable, "-W", "error", "-c", _IMPORT, module]
    done = subprocess.run(
        program, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
