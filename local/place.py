"""Where the local stack keeps its things, and the environment its programs run in."""

import os
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STACK_NAME = "justcall-hooks-local"
REGION = "us-east-1"
# The sample secret that the files in events/ are signed with; samconfig.toml has it too.
SAMPLE_SECRET = "justcall-hooks-sample-secret"  # noqa: S105  (public: it guards nothing but samples)
# MiniStack takes the key id `test` for the account's root.
ROOT_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class LocalError(Exception):
    """Something that the user can mend; the text says what and how."""


class Place(NamedTuple):
    """The folder of one local stack; `make up` uses `.local`, end-to-end tests one of their own."""

    home: Path

    @property
    def lock(self) -> Path:
        """Held while the stack is brought up or down."""
        return self.home / "lock"

    @property
    def process(self) -> Path:
        """MiniStack's process id and port, as JSON."""
        return self.home / "ministack.json"

    @property
    def log(self) -> Path:
        """MiniStack's log, with those of the functions."""
        return self.home / "ministack.log"

    @property
    def state(self) -> Path:
        """What MiniStack saves at a clean stop."""
        return self.home / "state"

    @property
    def unsaved(self) -> Path:
        """There while MiniStack holds what it has not saved: a clean stop removes it."""
        return self.home / "unsaved"

    @property
    def temporary(self) -> Path:
        """MiniStack's own temporary folder; it leaves a copy of each function there."""
        return self.home / "tmp"

    @property
    def build(self) -> Path:
        """What `sam build` made for this machine."""
        return self.home / "build"

    @property
    def deployed(self) -> Path:
        """The fingerprint of what was deployed last."""
        return self.home / "deployed.txt"

    @property
    def stack_file(self) -> Path:
        """The description of the stack that programs rely on."""
        return self.home / "stack.json"

    @property
    def env_vars(self) -> Path:
        """For `sam local invoke --env-vars`."""
        return self.home / "env.json"


def default_place() -> Place:
    """Return the checkout's own place, or the one that JUSTCALL_HOOKS_LOCAL names."""
    return Place(Path(os.environ.get("JUSTCALL_HOOKS_LOCAL", ROOT / ".local")).resolve())


def tool(environment: str, name: str) -> Path:
    """Return a program of one of the environments. Raises LocalError if it is not there."""
    path = ROOT / ".local" / f"venv-{environment}" / "bin" / name
    if not path.exists():
        raise LocalError(f"{name} is not installed here; run: make setup")
    return path


def environment(endpoint_url: str | None = None) -> dict[str, str]:
    """Return an environment that cannot reach anybody's real AWS account."""
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
