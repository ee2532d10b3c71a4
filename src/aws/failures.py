"""The failures of AWS calls, for both clients.

aws.wire raises the classes below, botocore raises its own. Code that catches AWS_FAILURES works
with both clients.
"""

from typing import Any

from aws import settings


class AwsFailure(Exception):
    """A call that aws.wire could not make; the sender's retry may succeed."""


class AwsError(AwsFailure):
    """AWS answered with an error; `response` has the shape that botocore's ClientError gives it."""

    def __init__(self, response: dict[str, Any], operation_name: str) -> None:
        super().__init__(f"{operation_name}: {response['Error']['Code']}")
        self.response = response
        self.operation_name = operation_name


class NoAnswer(AwsFailure):
    """No answer that can be trusted: the call may have taken effect, or not."""


class CannotConnect(NoAnswer):
    """The name did not resolve, or no connection came about in time."""


class ReadTimeout(NoAnswer):
    """The answer was not complete in time."""


class ConnectionLost(NoAnswer):
    """The connection broke off before the answer was complete."""


class AnswerUnreadable(NoAnswer):
    """The bytes that came are no HTTP answer, or no JSON where it has to be."""


# Three, so that a type checker lets `(*AWS_FAILURES, Another)` pass.
type _Failures = tuple[type[Exception], type[Exception], type[Exception]]


def _failures() -> _Failures:
    if settings.is_lean():
        # botocore is not loaded, so nothing can raise its exceptions.
        return AwsFailure, AwsError, NoAnswer
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  (see above)

    return AwsFailure, BotoCoreError, ClientError


# Throttled, refused, timed out, unreachable, without credentials: any of these may be transient.
AWS_FAILURES: tuple[type[Exception], ...] = _failures()


def error_code(error: Exception) -> str:
    """Return AWS's error code, or else the exception's class; both are safe to log."""
    response = _response(error)
    if response is None:
        return type(error).__name__
    return str(response.get("Error", {}).get("Code", "unknown"))


def detail_of(error: Exception, name: str) -> Any:
    """Return a member of AWS's error answer, such as `Item`; None if it has none."""
    return (_response(error) or {}).get(name)


def cause(error: Exception) -> dict[str, object]:
    """Return an error's place and its root's code or class, but no text: it may quote a body."""
    root = error.__cause__ if isinstance(error.__cause__, Exception) else error
    place, trace = None, error.__traceback__
    while trace:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return {"error": error_code(root), "error_place": place}


def _response(error: Exception) -> dict[str, Any] | None:
    """Return AWS's answer where the error is one, ours or botocore's."""
    response = getattr(error, "response", None) if isinstance(error, AWS_FAILURES) else None
    return response if isinstance(response, dict) else None
