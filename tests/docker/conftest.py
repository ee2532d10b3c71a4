"""The stack, and whether Docker answers."""

import shutil
import subprocess

import pytest

from tests.e2e.conftest import stack

__all__ = ["stack"]

# What SAM CLI runs python3.13 functions in; `sam local invoke` pulls it when it is missing.
IMAGES = "public.ecr.aws/lambda/python"


@pytest.fixture(scope="session", autouse=True)
def docker() -> None:
    """Skip, and say so, where no Docker engine answers."""
    program = shutil.which("docker")
    if not program or subprocess.run([program, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers here; sam local invoke needs one")


@pytest.fixture(scope="session")
def pulled() -> list[str]:
    """Return the options that keep SAM from asking for an image that is there."""
    found = subprocess.run(
        ["docker", "images", "--quiet", IMAGES], capture_output=True, text=True, check=True
    )
    return ["--skip-pull-image"] if found.stdout.strip() else []
