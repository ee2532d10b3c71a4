"""The errors that end a command, and the sentence that the user reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from errors import Unavailable


class UsageError(Exception):
    """A mistake in the command or its surroundings (exit code 2); the text says what to do."""


class NotFoundError(Exception):
    """The thing that was asked for does not exist (exit code 1)."""


# These end the program with a sentence instead of a traceback.
EXPECTED = (NotFoundError, UsageError, ClientError, BotoCoreError)


@contextmanager
def asking() -> Iterator[None]:
    """Let AWS's own error end the command, where our code has turned it into one of ours."""
    try:
        yield
    except Unavailable as error:
        raise error.__cause__ or error from None


def explain(error: Exception) -> str:
    """Return the sentence for an error, with the next step where there is one."""
    if isinstance(error, ClientError):
        return f"AWS refused {error.operation_name}: {reason(error)}"
    if isinstance(error, BotoCoreError):
        # Only the local stack's AWS is on this machine.
        hint = ". Is the stack up? Run: make up" if "//127.0.0.1:" in str(error) else ""
        return f"Could not reach AWS: {error}{hint}"
    return str(error)


def reason(error: ClientError) -> str:
    """Return AWS's message, or its code where it sends no message."""
    details = error.response["Error"]
    return details.get("Message") or details.get("Code", "no reason given")
