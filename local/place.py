"""The folder of the local stack, and the environment of its programs."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STACK_NAME = "justcall-hooks-local"
REGION = "us-east-1"
# The secret of the signatures in events/; samconfig.toml has it too.
SAMPLE_SECRET = "justcall-hooks-sample-secret"  # noqa: S105  (public: it signs samples only)
# MiniStack does not check the signatures of its root user: the key itself is the secret.
ROOT_SECRET = "unused"  # noqa: S105  (see above)

_FOLDERS = ("state", "build", "build-cache", "tmp")
_FILES = (
    "ministack.json",
    "ministack.log",
    "token",
    "root-key",
    "unsaved",
    "console.json",
    "console.log",
    "console-key",
    "build.toml",  # SAM's, beside its build
    "deployed.txt",
    "stack.json",
    "env.json",
)
_THIS_MACHINE = "127.0.0.1,localhost"


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
    def token(self) -> Path:
        """The token for MiniStack's own paths."""
        return self.home / "token"

    @property
    def root_key_file(self) -> Path:
        """The access key of the embedded AWS's root user."""
        return self.home / "root-key"

    @property
    def console_process(self) -> Path:
        """The process id and port of the page, as JSON."""
        return self.home / "console.json"

    @property
    def console_log(self) -> Path:
        """What the page says about itself when it fails."""
        return self.home / "console.log"

    @property
    def console_key(self) -> Path:
        """The secret of the page's link."""
        return self.home / "console-key"

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

    @property
    def folders(self) -> list[Path]:
        """Every folder that a stack makes here."""
        return [self.home / name for name in _FOLDERS]

    @property
    def files(self) -> list[Path]:
        """Every file that a stack makes here, except the lock."""
        return [self.home / name for name in _FILES]

    def protect(self) -> None:
        """Make the folder if it is missing, and all of the stack in it its owner's only.

        Raises LocalError if the folder belongs to another user.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.home.stat().st_uid != os.getuid():
            raise LocalError(f"{self.home} belongs to another user. Set JUSTCALL_HOOKS_LOCAL.")
        _close(self.home)  # first: what is in it cannot be reached from now on
        for path in [self.lock, *self.files, *(one for top in self.folders for one in _tree(top))]:
            _close(path)

    def renew_token(self) -> None:
        """Write a new random token, which only the owner can read."""
        self.token.unlink(missing_ok=True)
        write(self.token, secrets.token_hex(32))

    def root_key(self) -> str:
        """Return the root user's access key, empty if there is none yet."""
        return self.root_key_file.read_text() if self.root_key_file.exists() else ""

    def ensure_root_key(self) -> str:
        """Return the root user's access key; make a random one if there is none yet."""
        if not self.root_key():
            write(self.root_key_file, f"root{secrets.token_hex(32)}")
        return self.root_key()


def write(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    with open(path, "w", opener=private) as file:
        file.write(text)


def private(path: str, flags: int) -> int:
    """Open a file; make it its owner's only if it is new."""
    return os.open(path, flags, 0o600)


def _tree(top: Path) -> Iterator[Path]:
    yield top
    yield from top.rglob("*")


def _close(path: Path) -> None:
    """Take a file's or folder's permissions from everyone but its owner."""
    with suppress(FileNotFoundError):  # MiniStack may have removed it meanwhile
        mode = path.lstat().st_mode
        if mode & 0o077 and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & 0o700)


def default_place() -> Place:
    """Return the place that JUSTCALL_HOOKS_LOCAL names, or else the checkout's `.local`."""
    return Place(Path(os.environ.get("JUSTCALL_HOOKS_LOCAL", ROOT / ".local")).resolve())


def tool(environment: str, name: str) -> Path:
    """Return a program of one of the environments. Raises LocalError if it is missing."""
    path = ROOT / ".local" / f"venv-{environment}" / "bin" / name
    if not path.exists():
        raise LocalError(f"{name} is not installed here. Run: make setup")
    return path


def environment(root_key: str, endpoint_url: str | None = None) -> dict[str, str]:
    """Return an environment with the embedded AWS's credentials instead of the user's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # Without byte code on the disk, every process of a function compiles its modules again.
    clean.pop("PYTHONDONTWRITEBYTECODE", None)
    clean |= {
        "AWS_ACCESS_KEY_ID": root_key,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "PATH": f"{ROOT}/.local/venv-sam/bin{os.pathsep}{os.environ.get('PATH', '')}",
    }
    others = clean.get("no_proxy") or clean.get("NO_PROXY")
    direct = f"{others},{_THIS_MACHINE}" if others else _THIS_MACHINE
    clean |= {"no_proxy": direct, "NO_PROXY": direct}  # which of them counts differs by program
    return clean | ({"AWS_ENDPOINT_URL": endpoint_url} if endpoint_url else {})
