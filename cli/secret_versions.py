"""The versions of the API secret in Secrets Manager, and their labels."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from aws.secrets import PREVIOUS_UNTIL, ROTATION_UNTIL, until
from cli.reading.table import Document
from cli.stack import Stack
from justcall.moments import iso

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"

type Clock = Callable[[], float]


class Version(NamedTuple):
    """One version of the secret that has labels; its value is elsewhere."""

    id: str
    labels: list[str]
    created_at: float


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


def labelled(found: list[Version], label: str) -> Version | None:
    """Return the version that has a label."""
    return next((one for one in found if label in one.labels), None)


def value(stack: Stack, version_id: str) -> str:
    """Return a version's secret, empty if it has none."""
    answer = stack.client("secretsmanager").get_secret_value(
        SecretId=stack.secret_arn, VersionId=version_id
    )
    secret: str = answer.get("SecretString", "")
    return secret


def attach(stack: Stack, label: str, version_id: str) -> None:
    """Put a label on a version; any other version loses it."""
    stack.client("secretsmanager").update_secret_version_stage(
        SecretId=stack.secret_arn, VersionStage=label, MoveToVersionId=version_id
    )


def detach(stack: Stack, label: str, version_id: str) -> None:
    """Remove a label from a version."""
    stack.client("secretsmanager").update_secret_version_stage(
        SecretId=stack.secret_arn, VersionStage=label, RemoveFromVersionId=version_id
    )


def detach_all(stack: Stack, prefix: str, but: str = "") -> bool:
    """Remove the labels with a prefix from all versions; return whether there were any."""
    stale = [
        (label, version.id)
        for version in versions(stack)
        for label in version.labels
        if label.startswith(prefix) and label != but
    ]
    for label, version_id in stale:
        detach(stack, label, version_id)
    return bool(stale)


def tidy(work: Callable[[], object]) -> None:
    """Do optional work; its failure must not hide that the work before it succeeded."""
    with suppress(ClientError, BotoCoreError):
        work()


def show(stack: Stack, clock: Clock) -> Document:
    """Return the document that docs/cli.md promises: the versions, never a value."""
    found = versions(stack)
    current, previous = labelled(found, CURRENT), labelled(found, PREVIOUS)
    end = until(current.labels, PREVIOUS_UNTIL) if current else None
    shown = [_document("current", current, accepted=True)] if current else []
    # The empty version of a new local stack accepts nothing.
    if previous and value(stack, previous.id):
        accepted = end is None or clock() < end
        shown.append(_document("previous", previous, accepted=accepted, end=end))
    rotation = end_of_rotation(found, clock)
    return {"rotation_until": None if rotation is None else iso(rotation), "versions": shown}


def end_of_rotation(found: list[Version], clock: Clock) -> float | None:
    """Return when the mark of a rotation expires, None if no rotation is under way."""
    current = labelled(found, CURRENT)
    end = until(current.labels, ROTATION_UNTIL) if current else None
    return None if end is None or end <= clock() else end


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
