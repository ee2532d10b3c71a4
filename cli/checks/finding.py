"""What a check finds, and the commands that help."""

from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from cli import CALLED
from cli.errors import NotFoundError, UsageError, explain

OK, WARN, WRONG = "ok", "warn", "wrong"
FAILURES = (
    BotoCoreError,
    ClientError,
    HTTPError,
    UsageError,
    NotFoundError,
    LookupError,
    ValueError,
    TypeError,
)

# A verdict, what was found, and the command that helps.
type Result = tuple[str, str, str | None]
# A check with the command that helps where it can't be made.
type Check = tuple[Callable[[], Result], str]


class Finding(NamedTuple):
    """What one check found; `mend` is the command that helps, None where there is nothing to do."""

    check: str
    verdict: str
    what: str
    mend: str | None = None


class Remedies:
    """Commands for one deployment; `where` are the options that name it (` --stack NAME`)."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.is_local = not where
        aws = where.replace("--stack ", "--stack-name ")
        self.look = "make up" if self.is_local else f"aws cloudformation describe-stacks{aws}"
        self.redeploy = "make down up" if self.is_local else "sam build && sam deploy"
        self.rotate = self.hooks("secret rotate")

    def hooks(self, command: str) -> str:
        """Return a command of this program."""
        return f"{CALLED} {command}{self._where}"


def made(name: str, check: Check) -> Finding:
    """Make a check; what goes wrong in it is its finding."""
    make, remedy = check
    try:
        verdict, what, command = make()
    except FAILURES as error:
        verdict, what, command = WRONG, _reason(error), remedy
    return Finding(name, verdict, what, None if verdict == OK else command)


def _reason(error: Any) -> str:
    """Return what went wrong in one line; none of these errors holds a secret."""
    if isinstance(error, HTTPError):
        return f"no answer ({type(error).__name__})"
    if isinstance(error, LookupError | TypeError | ValueError):
        return f"an answer is malformed ({type(error).__name__})"
    return explain(error)
