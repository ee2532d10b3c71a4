"""Patch MiniStack, then run a program: `python local/patches.py PROGRAM ARGUMENTS`.

MiniStack's own environment runs this file, so of ours it imports only `local.workers`.
"""

import importlib
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

type Update = Callable[..., tuple[str, dict[str, Any]]]
type Stacks = Mapping[str, Mapping[str, Any]]

# type, physical id, old and new properties, stack's name, logical id
WITHOUT_ATTRIBUTES = 6


def with_attributes(update: Update, stacks: Stacks) -> Update:
    """Return MiniStack's `_update_resource`, given each nested resource's present attributes.

    MiniStack 1.5.33 does not pass them, so an unchanged resource of a nested stack loses them and
    every `GetAtt` of it fails the deploy. It updates the stack's resources one by one in place.
    """

    def updating(*arguments: Any) -> tuple[str, dict[str, Any]]:
        if len(arguments) == WITHOUT_ATTRIBUTES:
            stack_name, logical_id = arguments[4:]
            resources = (stacks.get(stack_name) or {}).get("_resources", {})
            arguments += (resources.get(logical_id, {}).get("Attributes"),)
        return update(*arguments)

    return updating


def main() -> None:
    """Patch MiniStack and run the program with the rest of the arguments."""
    sys.path.append(str(Path(__file__).parent.parent))  # last, so that it hides no other module
    workers: Any = importlib.import_module("local.workers")
    workers.install(importlib.import_module("ministack.core.lambda_runtime"))
    name = "ministack.services.cloudformation"
    provisioners: Any = importlib.import_module(f"{name}.provisioners")
    stacks: Stacks = importlib.import_module(name)._stacks  # noqa: SLF001
    provisioners._update_resource = with_attributes(provisioners._update_resource, stacks)  # noqa: SLF001
    sys.argv[:] = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
