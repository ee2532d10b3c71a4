"""The API secrets to verify with: the current one and, while a rotation overlaps, the previous.

Secrets Manager's own stages AWSCURRENT and AWSPREVIOUS make a rotation without loss. We add two
labels to the version AWSCURRENT, so that reading them needs no extra call:

    previous-until-EPOCH_SECONDS   the previous secret is accepted until then; without it, for ever
    rotation-until-EPOCH_SECONDS   until then a rotation is under way: JustCall may sign with a
                                   secret that is not stored yet
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aws.deadline import Deadline
from aws.failures import AWS_FAILURES, error_code
from errors import SecretUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH_SECONDS = 5.0
# Seconds between fetches while there is no secret, so that a forger cannot drive calls.
RETRY_SECONDS = 1.0
USABLE_SECONDS = 900.0
PREVIOUS_UNTIL = "previous-until-"
ROTATION_UNTIL = "rotation-until-"
_FOR_EVER = float("inf")
_NEVER = float("-inf")


class Secrets:
    """The secrets of one deployment, cached so that a forger cannot drive calls to AWS.

    A signature that fits none of them may be the first one after a rotation, so it causes a fetch,
    but at most one every five seconds. Signatures that fit cause one every 15 minutes. Without any
    secret there is at most one fetch a second.
    """

    def __init__(
        self,
        client: Callable[[], "SecretsManagerClient"],
        arn: str,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._arn = arn
        # The labels hold epoch seconds, which the monotonic clock of a deadline does not have.
        self._wall_clock = wall_clock
        self._values: tuple[str, ...] = ()
        self._previous_until = _FOR_EVER
        self._rotation_until = _NEVER
        self._complete = False  # whether the last fetch returned every accepted secret
        self._why: str | None = None  # the reason of the last failure
        self._asked_at = self._fetched_at = _NEVER

    def usable(self, deadline: Deadline) -> tuple[str, ...]:
        """Return the secrets; fetch them if none are cached or they are 15 minutes old.

        Raises SecretUnavailable if none are cached and the fetch fails. Old ones are used for as
        long as Secrets Manager does not answer.
        """
        if not self._values and deadline.now() - self._asked_at < RETRY_SECONDS:
            raise SecretUnavailable(self._why)
        old = deadline.now() - self._fetched_at >= USABLE_SECONDS
        if not self._values or (old and self._may_ask(deadline)):
            self._fetch(deadline)
        return self._accepted()

    def refreshed(self, deadline: Deadline) -> tuple[str, ...]:
        """Fetch and return the secrets after a mismatch; empty if they were fetched just before.

        Raises SecretUnavailable while another secret might fit: the previous one cannot be read, or
        a rotation is under way. A sender that gets a 401 instead may never retry.
        """
        may_ask = self._may_ask(deadline)
        if may_ask:
            self._fetch(deadline)
        if not self._complete:
            raise SecretUnavailable("previous-secret-unavailable")
        if self._wall_clock() < self._rotation_until:
            raise SecretUnavailable("rotation-under-way")
        return self._accepted() if may_ask else ()

    def _accepted(self) -> tuple[str, ...]:
        """Return the secrets, without a previous one that has expired."""
        if len(self._values) > 1 and self._wall_clock() >= self._previous_until:
            return self._values[:1]
        return self._values

    def _may_ask(self, deadline: Deadline) -> bool:
        return deadline.now() - self._asked_at >= FRESH_SECONDS

    def _fetch(self, deadline: Deadline) -> None:
        deadline.require_call()  # first, so that a fetch that is not made does not count
        self._asked_at = deadline.now()
        self._why = None
        try:
            current, labels = self._version("AWSCURRENT")
        except AWS_FAILURES as error:
            if self._values:
                self._complete = False  # there may be a newer one by now
                return
            raise SecretUnavailable from error
        if not current:
            self._why = "secret-empty"
            raise SecretUnavailable(self._why)
        self._rotation_until = until(labels, ROTATION_UNTIL) or _NEVER
        end = until(labels, PREVIOUS_UNTIL)
        self._previous_until = _FOR_EVER if end is None else end
        over = self._wall_clock() >= self._previous_until
        previous = "" if over else self._previous(deadline, exists=end is not None)
        self._complete = previous is not None
        self._values = (current, previous) if previous else (current,)
        self._fetched_at = self._asked_at

    def _previous(self, deadline: Deadline, *, exists: bool) -> str | None:
        """Return the previous secret, empty if there never was one, None if it cannot be read.

        `exists` means that a label names it. If no version has its stage then, Secrets Manager is
        moving the stage between versions.
        """
        if not deadline.allows_call():
            return None
        try:
            return self._version("AWSPREVIOUS")[0]
        except AWS_FAILURES as error:
            none = error_code(error) == "ResourceNotFoundException" and not exists
            return "" if none else None

    def _version(self, stage: str) -> tuple[str, list[str]]:
        """Return a version's value and its labels."""
        answer = self._client().get_secret_value(SecretId=self._arn, VersionStage=stage)
        return answer.get("SecretString", ""), answer.get("VersionStages", [])


def until(labels: Iterable[str], prefix: str) -> float | None:
    """Return the epoch seconds of the label that begins with `prefix`, the latest if there are two.

    None if there is none, or none that holds a time.
    """
    times = (label.removeprefix(prefix) for label in labels if label.startswith(prefix))
    return max((float(text) for text in times if text.isascii() and text.isdigit()), default=None)
