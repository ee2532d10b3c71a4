"""Build the commands of `hooks` once in a process.

typer builds them anew at every call: 40 ms, most of what a short command takes. The program calls
it once; the tests call it in one process 600 times. A command keeps nothing from a call.
"""

from functools import cache
from typing import Any

import typer.main


def share_commands() -> None:
    """Let typer return the commands that it has built before."""
    main: Any = typer.main
    if not hasattr(main.get_command, "cache_info"):
        main.get_command = cache(main.get_command)
