"""Patch MiniStack, then run a program: `python local/patches.py PROGRAM ARGUMENTS`.

MiniStack's own environment runs this file, so of ours it imports only `local.workers`.
"""

import copy
import importlib
import runpy
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

type Update = Callable[..., tuple[str, dict[str, Any]]]
type Stacks = Mapping[str, Mapping[str, Any]]

# type, physical id, old and new properties, stack's name, logical id
WITHOUT_ATTRIBUTES = 6
# The records of the tables' streams, and how many have expired: positions count those too.
STREAMS = ("_stream_records", "_stream_trimmed")
# AWS asks a stream four times a second.
POLL_SECONDS = 0.25


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


def keep_streams(dynamodb: Any) -> None:
    """Let MiniStack's module of DynamoDB save and restore the records of the tables' streams.

    MiniStack 1.5.33 saves how far functions have read a stream, and not its records. So after a
    restart they skip as many new records as there were before it.
    """
    streams = {name: getattr(dynamodb, name) for name in STREAMS}
    get_state, load = dynamodb.get_state, dynamodb.load_persisted_state

    def state() -> dict[str, Any]:
        return {**get_state(), **{name: copy.deepcopy(one) for name, one in streams.items()}}

    def restore(data: Mapping[str, Any]) -> None:
        load(data)
        for name, one in streams.items():
            one.update(data.get(name, {}))

    dynamodb.get_state, dynamodb.load_persisted_state = state, restore


def poll_streams_apart(functions: Any) -> None:
    """Let MiniStack's module of Lambda read tables' streams in a thread of its own, as AWS does.

    MiniStack 1.5.33 reads queues and streams in turn, and waits for a function that reads a stream:
    what is published late would delay the processors of what arrives.
    """
    poll = functions._poll_dynamodb_streams  # noqa: SLF001  (MiniStack has no setting for this)
    ensure_poller = functions._ensure_poller  # noqa: SLF001
    once = threading.Lock()

    def run() -> None:
        while True:
            try:
                busy = poll()
            except Exception:  # as MiniStack's own loop: the next pass reads the same records
                functions.logger.exception("streams")
                busy = False
            if not busy:
                time.sleep(POLL_SECONDS)

    def ensure() -> None:
        ensure_poller()
        if once.acquire(blocking=False):
            threading.Thread(target=run, daemon=True).start()

    functions._poll_dynamodb_streams = lambda: False  # noqa: SLF001
    functions._ensure_poller = ensure  # noqa: SLF001


def main() -> None:
    """Patch MiniStack and run the program with the rest of the arguments."""
    sys.path.append(str(Path(__file__).parent.parent))  # last, so that it hides no other module
    workers: Any = importlib.import_module("local.workers")
    workers.install(importlib.import_module("ministack.core.lambda_runtime"))
    services = "ministack.services"
    provisioners: Any = importlib.import_module(f"{services}.cloudformation.provisioners")
    stacks: Stacks = importlib.import_module(f"{services}.cloudformation")._stacks  # noqa: SLF001
    provisioners._update_resource = with_attributes(provisioners._update_resource, stacks)  # noqa: SLF001
    keep_streams(importlib.import_module(f"{services}.dynamodb"))
    poll_streams_apart(importlib.import_module(f"{services}.lambda_svc"))
    sys.argv[:] = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
