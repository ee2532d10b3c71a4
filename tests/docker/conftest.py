"""The stack, and whether Docker answers."""

import asyncio
import platform
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest

from local import bridge
from tests.e2e.conftest import Stack, stack

__all__ = ["stack"]

# What SAM CLI runs python3.13 functions in; `sam local invoke` pulls it when it is missing.
IMAGES = "public.ecr.aws/lambda/python"


@pytest.fixture(scope="session", autouse=True)
def docker() -> None:
    """Skip, and say so, where no Docker engine answers."""
    program = shutil.which("docker")
    asked = program and subprocess.run([program, "info"], capture_output=True, check=False)
    if not asked or asked.returncode:
        pytest.skip("no Docker engine answers here; sam local invoke needs one")


@pytest.fixture(scope="session", autouse=True)
def bridged(docker: None, stack: Stack) -> Iterator[None]:
    """Let the containers reach the stack, where Docker does not do so itself."""
    if platform.system() != "Linux":
        yield
        return
    loop = asyncio.new_event_loop()
    serving = loop.create_task(bridge.serve(bridge.gateway(), stack.process.port))
    thread = threading.Thread(target=loop.run_until_complete, args=(asyncio.wait([serving]),))
    thread.start()
    yield
    loop.call_soon_threadsafe(serving.cancel)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def pulled() -> list[str]:
    """Return the options that keep SAM from asking for an image that is there."""
    found = subprocess.run(
        ["docker", "images", "--quiet", IMAGES], capture_output=True, text=True, check=True
    )
    return ["--skip-pull-image"] if found.stdout.strip() else []
