"""The stack's API secret: its versions, and how one follows the other without a lost delivery.

What the handler reads of it are labels beside AWSCURRENT: see src/aws/secrets.py.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from aws.secrets import FRESH_SECONDS, PREVIOUS_UNTIL, ROTATION_UNTIL, until
from cli import CALLED
from cli.errors import UsageError
from cli.read import Document
from cli.stack import Stack
from justcall.moments import iso

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
# A rotation that was begun and forgotten keeps forged requests from being refused no longer.
ROTATION_SECONDS = 3600
# So long after a beginning every handler knows of it.
KNOWN_SECONDS = FRESH_SECONDS + 1
# Secrets Manager's own limit.
_MOST_BYTES = 65_536

type Clock = Callable[[], float]


class Version(NamedTuple):
    """One version of the secret that has labels; its value is elsewhere."""

    id: str
    labels: list[str]
    created_at: float


class Rotated(NamedTuple):
    """A secret that is current now; `previous_until` is None if there was none before."""

    version_id: str
    previous_until: int | None


def check(secret: str) -> None:
    """Raise UsageError unless it looks like a secret; the error never holds it."""
    if not secret:
        raise UsageError("the new secret is empty; nothing was changed")
    if any(character.isspace() or not character.isprintable() for character in secret):
        raise UsageError("the new secret holds white space or control characters; copy it again")
    if len(secret.encode()) > _MOST_BYTES:
        raise UsageError("the new secret is longer than Secrets Manager keeps; copy it again")


def begin(stack: Stack, clock: Clock) -> int:
    """Mark a rotation as under way; return the epoch seconds at which that ends by itself."""
    current = _labelled(versions(stack), CURRENT)
    if current is None:
        raise UsageError(f"there is no secret yet; set the first one: {CALLED} secret rotate")
    end = math.ceil(clock()) + ROTATION_SECONDS
    _attach(stack, f"{ROTATION_UNTIL}{end}", current.id)
    _detach_all(stack, ROTATION_UNTIL, but=f"{ROTATION_UNTIL}{end}")
    return end


def abort(stack: Stack) -> bool:
    """Take the mark away; tell whether there was one."""
    return _detach_all(stack, ROTATION_UNTIL)


@contextmanager
def under_way(stack: Stack, clock: Clock) -> Iterator[None]:
    """Mark a rotation as under way for the block; one that was marked before stays if it fails."""
    before = versions(stack)
    begun = _end_of_rotation(before, clock)
    if begun is None and _labelled(before, CURRENT):
        begin(stack, clock)
    try:
        yield
    except BaseException:
        if begun is None:
            _tidy(lambda: abort(stack))
        raise
    _tidy(lambda: abort(stack))


def rotate(stack: Stack, secret: str, overlap: float, clock: Clock) -> Rotated:
    """Make `secret` the current one; the one before is accepted for `overlap` seconds more.

    There is no moment at which a handler could see the one without the label of the other.
    Raises UsageError, and then nothing was changed.
    """
    check(secret)
    current = _labelled(versions(stack), CURRENT)
    client = stack.client("secretsmanager")
    # The local stack's secret is born with an empty version.
    if current is None or not (value := _value(stack, current.id)):
        answer = client.put_secret_value(SecretId=stack.secret_arn, SecretString=secret)
        return Rotated(answer["VersionId"], None)
    if value == secret:
        raise UsageError("that is the current secret already; nothing was changed")
    end = math.floor(clock() + overlap)
    label = f"{PREVIOUS_UNTIL}{end}"
    # Not current yet: the label is there first, then AWSCURRENT moves, with AWSPREVIOUS after it.
    answer = client.put_secret_value(
        SecretId=stack.secret_arn, SecretString=secret, VersionStages=[label]
    )
    _move_current(stack, label, answer["VersionId"], current.id)
    # A secret has room for 20 labels, and a version that has one is kept for ever.
    _tidy(lambda: _detach_all(stack, PREVIOUS_UNTIL, but=label))
    return Rotated(answer["VersionId"], end)


def show(stack: Stack, clock: Clock) -> Document:
    """Return what docs/cli.md promises of the secret: its versions, never a value."""
    found = versions(stack)
    current, previous = _labelled(found, CURRENT), _labelled(found, PREVIOUS)
    end = until(current.labels, PREVIOUS_UNTIL) if current else None
    shown = [_document("current", current, accepted=True)] if current else []
    # An empty one, which is all that the local stack has at first, is accepted from nobody.
    if previous and _value(stack, previous.id):
        accepted = end is None or clock() < end
        shown.append(_document("previous", previous, accepted=accepted, end=end))
    rotation = _end_of_rotation(found, clock)
    return {"rotation_until": None if rotation is None else iso(rotation), "versions": shown}


def versions(stack: Stack) -> list[Version]:
    """Return the versions that have labels."""
    client = stack.client("secretsmanager")
    found: list[Any] = []
    page: dict[str, str] = {}
    while True:
        answer = client.list_secret_version_ids(SecretId=stack.secret_arn, **page)
        found += answer.get("Versions", [])
        if not answer.get("NextToken"):
            break
        page = {"NextToken": answer["NextToken"]}
    return [
        Version(one["VersionId"], one["VersionStages"], one["CreatedDate"].timestamp())
        for one in found
        if one.get("VersionStages")
    ]


def _document(
    stage: str, version: Version, *, accepted: bool, end: float | None = None
) -> Document:
    return {
        "stage": stage,
        "version_id": version.id,
        "changed_at": iso(version.created_at),
        "accepted": accepted,
        "accepted_until": None if end is None else iso(end),
    }


def _labelled(found: list[Version], label: str) -> Version | None:
    return next((one for one in found if label in one.labels), None)


def _end_of_rotation(found: list[Version], clock: Clock) -> float | None:
    """Return when the rotation that is under way ends by itself, None if there is none."""
    current = _labelled(found, CURRENT)
    end = until(current.labels, ROTATION_UNTIL) if current else None
    return None if end is None or end <= clock() else end


def _tidy(work: Callable[[], object]) -> None:
    """Do what may also be left undone: what happened before it is worth more than its failure."""
    with suppress(ClientError, BotoCoreError):
        work()


def _value(stack: Stack, version_id: str) -> str:
    answer = stack.client("secretsmanager").get_secret_value(
        SecretId=stack.secret_arn, VersionId=version_id
    )
    value: str = answer.get("SecretString", "")
    return value


def _move_current(stack: Stack, label: str, new: str, old: str) -> None:
    """Make a version the current one, unless another became so meanwhile."""
    try:
        stack.client("secretsmanager").update_secret_version_stage(
            SecretId=stack.secret_arn,
            VersionStage=CURRENT,
            MoveToVersionId=new,
            RemoveFromVersionId=old,
        )
    except ClientError as error:
        _tidy(lambda: _detach(stack, label, new))
        if error.response["Error"]["Code"] == "InvalidParameterException":
            raise UsageError(
                f"somebody else rotates at the same time; see: {CALLED} secret show"
            ) from error
        raise


def _attach(stack: Stack, label: str, version_id: str) -> None:
    stack.client("secretsmanager").update_secret_version_stage(
        SecretId=stack.secret_arn, VersionStage=label, MoveToVersionId=version_id
    )


def _detach(stack: Stack, label: str, version_id: str) -> None:
    stack.client("secretsmanager").update_secret_version_stage(
        SecretId=stack.secret_arn, VersionStage=label, RemoveFromVersionId=version_id
    )


def _detach_all(stack: Stack, prefix: str, but: str = "") -> bool:
    """Take our labels of one sort away from all versions; tell whether there were any."""
    stale = [
        (label, version.id)
        for version in versions(stack)
        for label in version.labels
        if label.startswith(prefix) and label != but
    ]
    for label, version_id in stale:
        _detach(stack, label, version_id)
    return bool(stale)
