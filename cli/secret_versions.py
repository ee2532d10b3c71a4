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


def call(stack: Stack, operation: str, **arguments: Any) -> Any:
    """Call an operation of Secrets Manager on this stack's secret."""
    method = getattr(stack.client("secretsmanager"), operation)
    return method(SecretId=stack.secret_arn, **arguments)


def versions(stack: Stack) -> list[Version]:
    """Return the versions that have labels."""
    answer = call(stack, "list_secret_version_ids")
    listed = answer.get("Versions", [])
    while token := answer.get("NextToken"):
        answer = call(stack, "list_secret_version_ids", NextToken=token)
        listed += answer.get("Versions", [])
    return [
        Version(one["VersionId"], one["VersionStages"], one["CreatedDate"].timestamp())
        for one in listed
        if one.get("VersionStages")
    ]


def labelled(existing: list[Version], label: str) -> Version | None:
    """Return the version that has a label."""
    return next((one for one in existing if label in one.labels), None)


def value(stack: Stack, version_id: str) -> str:
    """Return a version's secret, empty if it has none."""
    secret: str = call(stack, "get_secret_value", VersionId=version_id).get("SecretString", "")
    return secret


def move(stack: Stack, label: str, *, to: str | None = None, off: str | None = None) -> None:
    """Put a label on one version, or take it off another."""
    ids = {"MoveToVersionId": to, "RemoveFromVersionId": off}
    arguments = {name: version_id for name, version_id in ids.items() if version_id}
    call(stack, "update_secret_version_stage", VersionStage=label, **arguments)


def remove_all(stack: Stack, prefix: str, but: str = "") -> bool:
    """Remove the labels with a prefix from all versions; return whether there were any."""
    stale = [
        (label, version.id)
        for version in versions(stack)
        for label in version.labels
        if label.startswith(prefix) and label != but
    ]
    for label, version_id in stale:
        move(stack, label, off=version_id)
    return bool(stale)


def tidy(work: Callable[[], object]) -> None:
    """Do optional work; its failure must not hide that the work before it succeeded."""
    with suppress(ClientError, BotoCoreError):
        work()


def show(stack: Stack, clock: Clock) -> Document:
    """Return the document that docs/cli.md promises: the versions, never a value."""
    existing = versions(stack)
    current, previous = labelled(existing, CURRENT), labelled(existing, PREVIOUS)
    end = until(current.labels, PREVIOUS_UNTIL) if current else None
    documents = [_document("current", current, accepted=True, end=None)] if current else []
    # The empty version of a new local stack accepts nothing.
    if previous and value(stack, previous.id):
        accepted = end is None or clock() < end
        documents.append(_document("previous", previous, accepted=accepted, end=end))
    return {"rotation_until": _iso(end_of_rotation(existing, clock)), "versions": documents}


def end_of_rotation(existing: list[Version], clock: Clock) -> float | None:
    """Return when the mark of a rotation expires, None if no rotation is under way."""
    current = labelled(existing, CURRENT)
    end = until(current.labels, ROTATION_UNTIL) if current else None
    return None if end is None or end <= clock() else end


def _document(stage: str, version: Version, *, accepted: bool, end: float | None) -> Document:
    return {
        "stage": stage,
        "version_id": version.id,
        "changed_at": iso(version.created_at),
        "accepted": accepted,
        "accepted_until": _iso(end),
    }


def _iso(moment: float | None) -> str | None:
    return None if moment is None else iso(moment)
