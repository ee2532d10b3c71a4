"""The folder of the local stack, and the environment of its programs."""

import os
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STACK_NAME = "justcall-hooks-local"
REGION = "us-east-1"
# The secret of the signatures in events/; samconfig.toml has it too.
SAMPLE_SECRET = "justcall-hooks-sample-secret"  # noqa: S105  (public: it signs samples only)
# MiniStack treats the key id `test` as the account's root user.
ROOT_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class LocalError(Exception):
    """An error that the user can fix; its text says what happened and what to do."""


class Place(NamedTuple):
    """The folder of one local stack: `.local` for `make up`, another for end-to-end tests."""

    home: Path

    @property
    def lock(self) -> Path:
        """The lock that is held while the stack starts or stops."""
        return self.home / "lock"

    @property
    def process(self) -> Path:
        """MiniStack's process id and port, as JSON."""
        return self.home / "ministack.json"

    @property
    def log(self) -> Path:
        """The log of MiniStack and of the functions."""
        return self.home / "ministack.log"

    @property
    def state(self) -> Path:
        """The state that MiniStack saves at a clean stop."""
        return self.home / "state"

    @property
    def unsaved(self) -> Path:
        """Exists while MiniStack has unsaved state; a clean stop removes it."""
        return self.home / "unsaved"

    @property
    def temporary(self) -> Path:
        """MiniStack's temporary folder, in which it leaves a copy of each function."""
        return self.home / "tmp"

    @property
    def build(self) -> Path:
        """The output of `sam build` for this machine."""
        return self.home / "build"

    @property
    def deployed(self) -> Path:
        """The fingerprint of the last deploy."""
        return self.home / "deployed.txt"

    @property
    def stack_file(self) -> Path:
        """The description of the stack, for other programs."""
        return self.home / "stack.json"

    @property
    def env_vars(self) -> Path:
        """The file for `sam local invoke --env-vars`."""
        return self.home / "env.json"


def default_place() -> Place:
    """Return the place that JUSTCALL_HOOKS_LOCAL names, or else the checkout's `.local`."""
    return Place(Path(os.environ.get("JUSTCALL_HOOKS_LOCAL", ROOT / ".local")).resolve())


def tool(environment: str, name: str) -> Path:
    """Return a program of one of the environments. Raises LocalError if it is missing."""
    path = ROOT / ".local" / f"venv-{environment}" / "bin" / name
    if not path.exists():
        raise LocalError(f"{name} is not installed here. Run: make setup")
    return path


def environment(endpoint_url: str | None = None) -> dict[str, str]:
    """Return an environment without the user's AWS credentials."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    clean |= ROOT_CREDENTIALS | {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "PATH": f"{ROOT}/.local/venv-sam/bin{os.pathsep}{os.environ.get('PATH', '')}",
    }
    return clean | ({"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {})
