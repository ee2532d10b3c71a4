"""The versions of the API secret in Secrets Manager, and their labels."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from cli.stack import Stack


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
