"""The API secrets to verify with: the current one and, while a rotation overlaps, the previous.

Secrets Manager's own stages AWSCURRENT and AWSPREVIOUS make a rotation without loss. Two labels of
ours may stand beside AWSCURRENT, so that no call of its own is needed to see them:

    previous-until-EPOCH_SECONDS   the previous secret is accepted until then; without it, for ever
    rotation-until-EPOCH_SECONDS   a rotation is under way: JustCall may already sign with a secret
                                   that is not here yet. It ends by itself, should it be forgotten
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
# How soon is asked again after Secrets Manager gave none: a forger can't drive calls by waiting.
RETRY_SECONDS = 1.0
USABLE_SECONDS = 900.0
PREVIOUS_UNTIL = "previous-until-"
ROTATION_UNTIL = "rotation-until-"
_FOR_EVER = float("inf")
_NEVER = float("-inf")


class Secrets:
    """The secrets of one deployment, cached so that a forger cannot drive calls to AWS.

    For five seconds after they were asked for nobody causes a call. After that a signature that
    fits none of them may be the first after a rotation: they are fetched once more, at most every
    five seconds. Signatures that fit need no fetch for a quarter of an hour. While there are none
    to be had, they are asked for once a second.
    """

    def __init__(
        self,
        client: Callable[[], "SecretsManagerClient"],
        arn: str,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._arn = arn
        # The steady clock of a deadline knows no epoch, in which the labels are.
        self._wall_clock = wall_clock
        self._values: tuple[str, ...] = ()
        self._previous_until = _FOR_EVER
        self._rotation_until = _NEVER
        self._complete = False  # whether the last look showed all that there are
        self._why: str | None = None  # the reason of the last failure
        self._asked_at = self._fetched_at = _NEVER

    def usable(self, deadline: Deadline) -> tuple[str, ...]:
        """Return the secrets, fetched if there are none or they are old.

        Raises SecretUnavailable when there are none to be had; old ones serve for as long as
        Secrets Manager does not answer.
        """
        if not self._values and deadline.now() - self._asked_at < RETRY_SECONDS:
            raise SecretUnavailable(self._why)
        old = deadline.now() - self._fetched_at >= USABLE_SECONDS
        if not self._values or (old and self._may_ask(deadline)):
            self._fetch(deadline)
        return self._accepted()

    def refreshed(self, deadline: Deadline) -> tuple[str, ...]:
        """Return the secrets for a second look after a mismatch, empty if a look would be in vain.

        Raises SecretUnavailable while it cannot be known whether another secret would fit: a
        sender that is told 401 may never come back. So it is too while a rotation is under way.
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
        """Return the secrets without a previous one whose time is over."""
        if len(self._values) > 1 and self._wall_clock() >= self._previous_until:
            return self._values[:1]
        return self._values

    def _may_ask(self, deadline: Deadline) -> bool:
        return deadline.now() - self._asked_at >= FRESH_SECONDS

    def _fetch(self, deadline: Deadline) -> None:
        deadline.require_call()  # first: what is not asked must not count as asked
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
        """Return the previous secret, empty if there never was one, None if it can't be known.

        One that is labelled `exists`: should its stage be nowhere, it is on its way from one
        version to the other.
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
