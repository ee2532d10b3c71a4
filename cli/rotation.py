"""Rotating the API secret without losing a delivery.

The handler reads labels on the version AWSCURRENT: see src/aws/secrets.py.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from botocore.exceptions import ClientError

from aws.secrets import FRESH_SECONDS, PREVIOUS_UNTIL, ROTATION_UNTIL
from cli import CALLED
from cli.errors import UsageError
from cli.secret_versions import (
    CURRENT,
    Clock,
    call,
    end_of_rotation,
    labelled,
    move,
    remove_all,
    tidy,
    value,
    versions,
)
from cli.stack import Stack

# While a rotation is under way forged requests get a 503 instead of a 401; this is the maximum.
ROTATION_SECONDS = 3600
# After this many seconds every handler has read the label.
KNOWN_SECONDS = FRESH_SECONDS + 1
# Secrets Manager's own limit.
_MAX_BYTES = 65_536


class Rotated(NamedTuple):
    """A secret that is now current; `previous_until` is None if there was none before."""

    version_id: str
    previous_until: int | None


def check(secret: str) -> None:
    """Raise UsageError unless it looks like a secret; the error never holds it."""
    if not secret:
        raise UsageError("The new secret is empty; nothing was changed.")
    if any(character.isspace() or not character.isprintable() for character in secret):
        raise UsageError(
            "The new secret contains white space or control characters. Copy it again."
        )
    if len(secret.encode()) > _MAX_BYTES:
        raise UsageError("The new secret is longer than 65,536 bytes. Copy it again.")


def begin(stack: Stack, clock: Clock) -> int:
    """Mark a rotation as under way; return the epoch seconds at which the mark expires."""
    current = labelled(versions(stack), CURRENT)
    if current is None:
        raise UsageError(f"There is no secret yet. Set the first one: {CALLED} secret rotate")
    end = math.ceil(clock()) + ROTATION_SECONDS
    move(stack, f"{ROTATION_UNTIL}{end}", to=current.id)
    remove_all(stack, ROTATION_UNTIL, but=f"{ROTATION_UNTIL}{end}")
    return end


def abort(stack: Stack) -> bool:
    """Remove the mark; return whether there was one."""
    return remove_all(stack, ROTATION_UNTIL)


@contextmanager
def under_way(stack: Stack, clock: Clock) -> Iterator[None]:
    """Mark a rotation as under way during the block; after a failure an older mark stays."""
    before = versions(stack)
    begun = end_of_rotation(before, clock)
    if begun is None and labelled(before, CURRENT):
        begin(stack, clock)
    try:
        yield
    except BaseException:
        if begun is None:
            tidy(lambda: abort(stack))
        raise
    tidy(lambda: abort(stack))


def rotate(stack: Stack, secret: str, overlap: float, clock: Clock) -> Rotated:
    """Make `secret` the current one; the one before is accepted for `overlap` seconds more.

    At no moment can a handler see the new secret without the label that accepts the old one.
    Raises UsageError, and then nothing was changed.
    """
    check(secret)
    current = labelled(versions(stack), CURRENT)
    # A new local stack has a secret with an empty version.
    if current is None or not (existing := value(stack, current.id)):
        answer = call(stack, "put_secret_value", SecretString=secret)
        return Rotated(answer["VersionId"], None)
    if existing == secret:
        raise UsageError("That is already the current secret; nothing was changed.")
    end = math.floor(clock() + overlap)
    label = f"{PREVIOUS_UNTIL}{end}"
    # The label comes first; then AWSCURRENT moves, and AWSPREVIOUS follows it.
    answer = call(stack, "put_secret_value", SecretString=secret, VersionStages=[label])
    version_id = answer["VersionId"]
    try:
        move(stack, CURRENT, to=version_id, off=current.id)
    except ClientError as error:
        tidy(lambda: move(stack, label, off=version_id))
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise
        raise UsageError(
            f"Somebody else rotates at the same time. See: {CALLED} secret show"
        ) from error
    # A secret has at most 20 labels, and a labelled version is never deleted.
    tidy(lambda: remove_all(stack, PREVIOUS_UNTIL, but=label))
    return Rotated(version_id, end)
