"""The input and the result of a check."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from cli import CALLED
from cli.errors import NotFoundError, UsageError, explain
from cli.justcall_api import Api
from cli.stack import Stack

OK, WARN, WRONG = "ok", "warn", "wrong"
_MALFORMED = (LookupError, TypeError, ValueError)
_FAILURES = (BotoCoreError, ClientError, HTTPError, UsageError, NotFoundError, *_MALFORMED)

# A verdict, the finding as a sentence, and the command that helps.
type Result = tuple[str, str, str | None]


class Finding(NamedTuple):
    """The result of one check; `mend` is the command that helps, if there is one."""

    check: str
    verdict: str
    what: str
    mend: str | None = None


class Deployment(NamedTuple):
    """The stack to check; `where` has the options that name it (` --stack NAME`, or none)."""

    stack: Stack
    where: str = ""
    api: Callable[[], Api] | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def hooks(self, command: str) -> str:
        """Return a command of this program."""
        return f"{CALLED} {command}{self.where}"

    @property
    def redeploy(self) -> str:
        """The command that deploys the stack again."""
        return "sam build && sam deploy" if self.where else "make down up"

    @property
    def look(self) -> str:
        """The command that shows, or starts, the stack."""
        name = self.where.replace("--stack ", "--stack-name ")
        return f"aws cloudformation describe-stacks{name}" if name else "make up"


# A check, and the command of this program that helps where it can't be made ("": `look`).
type Check = tuple[Callable[[Deployment], Result], str]


def made(name: str, check: Check, at: Deployment) -> Finding:
    """Make a check; an error in it is its finding."""
    make, remedy = check
    try:
        verdict, what, command = make(at)
    except _FAILURES as error:
        verdict, what = WRONG, _reason(error)
        command = at.hooks(remedy) if remedy else at.look
    return Finding(name, verdict, what, None if verdict == OK else command)


def _reason(error: Any) -> str:
    """Return an error as one line; no such error holds a secret."""
    if isinstance(error, HTTPError):
        return f"no answer ({type(error).__name__})"
    if isinstance(error, _MALFORMED):
        return f"an answer is malformed ({type(error).__name__})"
    return explain(error)
