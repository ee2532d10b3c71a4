"""The pinned uv, which installs packages and compiles the requirements."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
BOOTSTRAP = LOCAL / "bootstrap"
PINNED = ROOT / "requirements/uv.txt"

# In the output of uv and pip these words mean that no server answered.
NO_NETWORK = ("error sending request", "failed to fetch", "from versions: none", "timed out")


class Failed(Exception):
    """A step failed; the message says what to do."""


def run(command: list[str], env: dict[str, str], what: str) -> None:
    """Run a command silently; if it fails, print the end of its output and what to do."""
    done = subprocess.run(
        command,
        env=env,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        # It inherits the lock of tools/setup.py. If setup.py is killed, the next run still waits
        # until this command ends.
        close_fds=False,
    )
    if done.returncode == 0:
        return
    words = done.stdout.strip()
    advice = "the end of its output is above"
    if any(sign in words.lower() for sign in NO_NETWORK):
        advice = "check the network, HTTPS_PROXY and pip's index-url, then run it again"
    print("\n".join(words.splitlines()[-15:]), file=sys.stderr)
    raise Failed(f"{what} failed: {advice}")


class Uv:
    """uv at the pinned version, with the user's own pip settings."""

    def __init__(self) -> None:
        # Use the pinned version even if another is installed: options and compiled files depend on
        # the version, and must be the same for everyone.
        self.program = str(BOOTSTRAP / "bin/uv")
        wanted = hashlib.sha256(PINNED.read_bytes() + str(ROOT).encode()).hexdigest()
        stamp = BOOTSTRAP / "stamp"
        if not (stamp.is_file() and stamp.read_text() == wanted and Path(self.program).is_file()):
            if importlib.util.find_spec("ensurepip") is None:
                self.program = installed_instead()
            else:
                bootstrap()
                stamp.write_text(wanted)
        self.env = environment()

    def __call__(self, what: str, *arguments: str, python: Path | None = None) -> None:
        """Run uv with these arguments."""
        env = dict(self.env)
        if python is not None:
            # uv looks at every python3.* on PATH, and stops at a broken pyenv shim.
            env["PATH"] = f"{python.parent}{os.pathsep}{env.get('PATH', '')}"
        run([self.program, "--quiet", *arguments], env, what)


def bootstrap() -> None:
    """Install the pinned uv with the Python that runs this, and verify its hash."""
    env = os.environ.copy()
    shutil.rmtree(BOOTSTRAP, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(BOOTSTRAP)], env, "making .local/bootstrap")
    pip = [str(BOOTSTRAP / "bin/python"), "-m", "pip", "install", "--quiet"]
    pip += ["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
    run([*pip, "-r", str(PINNED)], env, "installing uv")


def installed_instead() -> str:
    """Return the user's uv, for a Python without ensurepip (Debian's); else say what to install."""
    program = shutil.which("uv")
    if program is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise Failed(
            f"this Python {version} cannot make environments: "
            f"apt install python3-venv (or install uv), then run it again"
        )
    return program


def environment() -> dict[str, str]:
    """Return this process's environment with pip's settings translated for uv."""
    env = os.environ.copy()
    # Each call names its Python and environment, so the user's choices must not interfere.
    for name in ("VIRTUAL_ENV", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "PYTHONHOME"):
        env.pop(name, None)
    env["UV_NO_CONFIG"] = "1"
    env["UV_NO_PROJECT"] = "1"
    # A company's own certificates are in the system's store.
    env.setdefault("UV_SYSTEM_CERTS", "1")
    settings = pip_settings()
    for theirs, ours in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        if theirs in settings and "UV_INDEX_URL" not in env:
            env.setdefault(ours, settings[theirs])
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        # Without byte code every start of SAM CLI takes a second longer, so uv writes it.
        env.setdefault("UV_COMPILE_BYTECODE", "1")
    return env


def pip_settings() -> dict[str, str]:
    """Return the user's pip settings, because uv does not read pip's files."""
    pip = [str(BOOTSTRAP / "bin/python"), "-m", "pip", "config", "list"]
    try:
        listing = subprocess.run(pip, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    settings = {}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        settings[name.strip(":").rpartition(".")[2]] = str(ast.literal_eval(value))
    return settings
