"""The secrets that deliveries are signed with: one secret in Secrets Manager for all destinations.

    {"NAME": {"rotated_at": "2026-…", "secrets": [{"secret": "whsec_…", "until": null}, …]}}

The first secret of a destination is the newest. One with `until` (epoch seconds) also signs until
then, so that a receiver has time to change.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws.failures import AWS_FAILURES
from deliveries import signature
from deliveries.destination import Destination
from errors import OutboundFailed, SecretUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH_SECONDS = 300.0
# How soon is asked again for a destination whose secret is not there yet.
RETRY_SECONDS = 5.0
_NEVER = float("-inf")

type Document = Mapping[str, Any]


class Keys:
    """The secrets of one stack's destinations."""

    def __init__(self, client: Callable[[], "SecretsManagerClient"], arn: str) -> None:
        self._client = client
        self._arn = arn
        self._document: Document = {}
        self._read_at = _NEVER

    def of(self, destination: Destination, now: float) -> Sequence[str]:
        """Return the secrets that sign for a destination now, the newest first.

        Raises SecretUnavailable, and OutboundFailed (no-secret) if the destination has none.
        """
        age = now - self._read_at
        current = self._document.get(destination.name, {})
        is_old = current.get("rotated_at", "") < destination.rotated_at or not current
        if not 0 <= age < FRESH_SECONDS or (is_old and age >= RETRY_SECONDS):
            self._document = self._read()
            self._read_at = now
        secrets = active(self._document.get(destination.name, {}), now)
        if not secrets:
            raise OutboundFailed("no-secret")
        return secrets

    def _read(self) -> Document:
        try:
            answer = self._client().get_secret_value(SecretId=self._arn, VersionStage="AWSCURRENT")
        except AWS_FAILURES as error:
            raise SecretUnavailable from error
        return document_of(answer.get("SecretString", ""))


def document_of(text: str) -> Document:
    """Return the document in a secret's text. Raises SecretUnavailable."""
    try:
        document = json.loads(text or "{}")
        if isinstance(document, dict):
            return document
    except ValueError:
        # Not chained: the original error holds the text.
        raise SecretUnavailable("secret-unreadable") from None
    raise SecretUnavailable("secret-unreadable")


def active(entry: Document, now: float) -> list[str]:
    """Return the secrets of a destination that sign at a time."""
    listed = entry.get("secrets", [])
    valid = [one for one in listed if one["until"] is None or now < one["until"]]
    return [one["secret"] for one in valid if signature.is_secret(one["secret"])]
