"""`python -m local up | down | clean | status | bridge`: the commands behind `make up`."""

import argparse
import asyncio
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from local import bridge, console, demo, deploy, ministack
from local.place import LocalError, Place, default_place

_console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "clean", "status", "bridge"))
    command = parser.parse_args().command
    place = default_place()
    os.umask(0o077)
    try:
        place.protect()
        if command == "bridge":
            return bridging(place)
        with _alone(place):
            return {"up": up, "down": down, "clean": clean, "status": status}[command](place)
    except LocalError as error:
        _errors.print(f"[red]failed[/]  {error}", soft_wrap=True)
    except KeyboardInterrupt:
        _errors.print("interrupted; `make up` continues, `make down` stops the stack")
    return 1


def up(place: Place) -> int:
    """Start the stack and show that it works."""
    started = time.monotonic()

    def step(text: str) -> None:
        _console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {text}")

    was_killed = ministack.was_killed(place)
    step("starting MiniStack, the embedded AWS, with IAM enforced")
    process = ministack.start(place)
    if was_killed:
        step("MiniStack was killed: everything since its last clean stop is lost")
    stack = deploy.deploy(place, process, step)
    step("sending the sample event")
    lines, key = demo.show(process, stack)
    step("starting the page")
    link = _page(place, process)
    step("ready\n")
    _print(lines)
    _console.print(
        f"\npage     {link}"
        f"\nwebhook  {stack['webhook_url']}"
        f"\nAWS      {stack['endpoint_url']}  (access key: .local/root-key, secret: any)"
        f"\n\nTry next\n  ./hooks show {key}\n  ./hooks timeline +14155559876"
        "\n  ./hooks send sms.received\n  ./hooks events\n  make down",
        soft_wrap=True,
    )
    return 0 if all(line.as_expected for line in lines) else 1


def _page(place: Place, process: ministack.Process) -> str:
    """Start the page and return its link, or why there is none: the stack works without."""
    try:
        return console.start(place, process)
    except LocalError as error:
        return str(error)


def down(place: Place) -> int:
    """Stop the stack and save its contents."""
    console.stop(place)
    stopped = ministack.stop(place)
    _console.print("stopped; `make up` restores it" if stopped else "the stack does not run")
    return 0


def clean(place: Place) -> int:
    """Stop the stack and remove its contents."""
    console.stop(place)
    ministack.stop(place)
    for folder in place.folders:
        shutil.rmtree(folder, ignore_errors=True)
    for file in place.files:
        file.unlink(missing_ok=True)
    _console.print("the local stack is removed")
    return 0


def status(place: Place) -> int:
    """Print whether the stack runs; return 0 if it does."""
    process = ministack.find(place)
    _console.print(
        f"runs at {process.endpoint_url}" if process else "does not run; start it with: make up"
    )
    return 0 if process else 1


def bridging(place: Place) -> int:
    """Forward containers to the stack until Ctrl-C; `sam local invoke` on Linux needs it."""
    process = ministack.find(place)
    if not process:
        raise LocalError("The stack does not run. Start it with: make up")
    address = bridge.gateway()
    _console.print(f"containers reach the stack at {address}:{process.port}; Ctrl-C stops it")
    asyncio.run(bridge.serve(address, process.port))
    return 0


def _print(lines: list[demo.Shown]) -> None:
    table = Table("sent", "answer", "then", "", box=None, pad_edge=False)
    for line in lines:
        verdict = "[green]as expected[/]" if line.as_expected else "[red]WRONG[/]"
        table.add_row(line.what, line.answer, line.then, verdict)
    _console.print(table)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Wait until no other command uses the same place."""
    with place.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _console.print("waiting for another `make up` or `make down`")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
