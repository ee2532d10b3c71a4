"""What counts as AWS being unavailable."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# Throttled, refused, timed out, unreachable, without credentials: all of it may mend.
AWS_FAILURES = (BotoCoreError, ClientError)


def error_code(error: Exception) -> str:
    """Return AWS's error code, or else the exception's class; both are safe to log."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__


def detail_of(error: Exception, name: str) -> Any:
    """Return a member of AWS's error answer, such as `Item`; None if it has none."""
    return error.response.get(name) if isinstance(error, ClientError) else None


def conditions_failed(error: Exception) -> list[bool]:
    """Return for each write of a cancelled transaction whether its condition failed."""
    reasons = detail_of(error, "CancellationReasons") or []
    return [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons]
