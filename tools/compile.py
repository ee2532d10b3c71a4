"""Compiles requirements/*.in into pinned, hashed files, from which the environments are made.

Usage: python3 tools/compile.py [--upgrade]   (without it, pins that still fit are kept)
"""

from __future__ import annotations

import sys
from pathlib import Path

import interpreter
import packages
from packages import Uv

# `src` comes first, because dev.in is constrained to its versions.
COMPILED = {"src": "src/requirements.txt"} | {
    name: f"requirements/{name}.txt" for name in ("uv", "dev", "sam", "ministack")
}

# --universal: one file for macOS and Linux, x86_64 and arm64, laptop and Lambda.
# --no-emit-index-url: the package index is each user's own setting.
OPTIONS = ["--universal", "--python-version", "3.13", "--generate-hashes", "--no-emit-index-url"]


def main(arguments: list[str]) -> int:
    """Compile all files; 0 on success."""
    if not set(arguments) <= {"--upgrade"}:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        python = interpreter.find()
        if python is None:
            raise interpreter.NotFound(interpreter.NOT_FOUND)
        uv = Uv()
        for name, target in COMPILED.items():
            compile_one(uv, python.path, name, target, arguments)
    except (packages.Failed, interpreter.NotFound) as problem:
        print(f"compile: {problem}", file=sys.stderr)
        return 2
    return 0


def compile_one(uv: Uv, python: Path, name: str, target: str, upgrade: list[str]) -> None:
    """Compile one file; paths are relative, so that its comments contain no home directory."""
    header = ["--custom-compile-command", "make requirements"]
    at = ["--python", str(python), f"requirements/{name}.in", "--output-file", target]
    uv(f"compiling {target}", "pip", "compile", *OPTIONS, *header, *upgrade, *at, python=python)
    print(f"compiled  {target}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
