"""The secrets of destinations: one document in Secrets Manager, changed by one operator at a time.

A new version becomes current only if the version that was read is still current, so no change of
another operator is lost.
"""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import UsageError
from cli.secret_versions import CURRENT, tidy
from cli.stack import Stack
from deliveries import signature
from deliveries.keys import active, document_of
from errors import SecretUnavailable

# A label of the version that is about to become current.
_NEW = "new"

type Document = dict[str, Any]


def secrets_of(stack: Stack, name: str, now: float) -> list[str]:
    """Return the secrets that sign for a destination, the newest first; none if it has none."""
    _, document = _read(stack)
    return active(document.get(name, {}), now)


def add(stack: Stack, name: str, rotated_at: str, now: float, overlap: float = 0.0) -> str:
    """Give a destination a new secret, and return it; the present ones sign for `overlap` more."""
    secret = signature.new_secret()

    def change(document: Document) -> None:
        older = [
            {"secret": one["secret"], "until": min(one["until"] or now + overlap, now + overlap)}
            for one in document.get(name, {}).get("secrets", [])
            if one["until"] is None or one["until"] > now
        ]
        newest = {"secret": secret, "until": None}
        listed = [newest, *(one for one in older if one["until"] > now)]
        document[name] = {"rotated_at": rotated_at, "secrets": listed}

    _change(stack, change)
    return secret


def remove(stack: Stack, name: str) -> None:
    """Forget a destination's secrets."""
    _change(stack, lambda document: document.pop(name, None))


def _change(stack: Stack, change: Callable[[Document], object]) -> None:
    version, document = _read(stack)
    change(document)
    client, secret_id = stack.client("secretsmanager"), stack.delivery_secret
    made = client.put_secret_value(
        SecretId=secret_id, SecretString=json.dumps(document), VersionStages=[_NEW]
    )["VersionId"]
    where = {"SecretId": secret_id, "VersionStage": CURRENT}
    try:
        client.update_secret_version_stage(
            **where, MoveToVersionId=made, RemoveFromVersionId=version
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise
        raise UsageError(
            "Somebody else changed the destinations at the same time. Repeat the command."
        ) from error
    finally:
        tidy(
            lambda: client.update_secret_version_stage(
                SecretId=secret_id, VersionStage=_NEW, RemoveFromVersionId=made
            )
        )


def _read(stack: Stack) -> tuple[str, Document]:
    answer = stack.client("secretsmanager").get_secret_value(
        SecretId=stack.delivery_secret, VersionStage=CURRENT
    )
    try:
        return answer["VersionId"], dict(document_of(answer.get("SecretString", "")))
    except SecretUnavailable:
        raise UsageError(
            f"The secret {stack.delivery_secret} is not what the deliveries write."
        ) from None
