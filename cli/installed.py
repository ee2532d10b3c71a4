"""The installed program: `pipx install` puts this file at `justcall_hooks/__init__.py`.

The code lies beside it in `lib`, so that its short names (`cli`, `aws`, `errors`) are not in
everybody's site-packages.
"""

import runpy
import sys
from pathlib import Path

LIB = Path(__file__).resolve().parent / "lib"


def main() -> None:
    """Run the program `hooks`."""
    sys.path.insert(0, str(LIB))
    runpy.run_module("cli", run_name="__main__", alter_sys=False)
