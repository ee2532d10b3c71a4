"""Finding a deployment: the local stack by its file, a deployed one by its outputs."""

import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import UsageError
from justcall.catalogue import KINDS, module_name

ROOT = Path(__file__).resolve().parent.parent
# MiniStack's root; used for its endpoint only, and the user's own credentials never are.
_LOCAL_CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Stack:
    """A deployment that can be asked."""

    def __init__(self, described: Mapping[str, Any], session: Mapping[str, str | None]) -> None:
        self.name: str | None = described.get("stack_name")
        self.webhook_url: str = described["webhook_url"]
        # What JustCall was told; the local stack is asked under another name.
        self.registered_url: str = described.get("registered_url", self.webhook_url)
        self.events_table: str = described["events_table"]
        self.secret_arn: str = described["secret_arn"]
        self.queues: Mapping[str, str] = described["queues"]
        self.dead_letter_queues: Mapping[str, str] = described["dead_letter_queues"]
        self._endpoint_url = described.get("endpoint_url")
        self._session = boto3.Session(**session)  # type: ignore[arg-type]  # all are optional text
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the boto3 client for this deployment; threads may share it."""
        if service not in self._clients:
            self._clients[service] = self._session.client(
                service,  # type: ignore[call-overload]  # the stubs know the services by literal only
                endpoint_url=self._endpoint_url,
            )
        return self._clients[service]

    @property
    def queue_url_prefix(self) -> str:
        """The queues' URLs up to the kind."""
        kind, url = next(iter(self.queues.items()))
        return url.removesuffix(module_name(kind))

    @cached_property
    def secret(self) -> str:
        """The current API secret."""
        answer = self.client("secretsmanager").get_secret_value(
            SecretId=self.secret_arn, VersionStage="AWSCURRENT"
        )
        secret: str = answer["SecretString"]
        return secret


def find(name: str | None, region: str | None, profile: str | None) -> Stack:
    """Return the local stack, or the deployed one called `name`. Raises UsageError."""
    if name:
        return _deployed(name, region, profile)
    if region or profile:
        # Whoever names a region means a deployed stack; the local one would be the wrong answer.
        raise UsageError(
            "--region and --profile go with --stack; without it the local stack is meant"
        )
    return _local()


def _local() -> Stack:
    home = Path(os.environ.get("JUSTCALL_HOOKS_LOCAL", ROOT / ".local"))
    try:
        described = json.loads((home / "stack.json").read_text())
        return Stack(described, {"region_name": described["region"], **_LOCAL_CREDENTIALS})
    except (OSError, ValueError, KeyError, TypeError) as error:  # no file, or no whole one
        raise UsageError("there is no local stack; run: make up  (or name one: --stack)") from error


def _deployed(name: str, region: str | None, profile: str | None) -> Stack:
    where = {"region_name": region, "profile_name": profile}
    try:
        session = boto3.Session(**where)  # type: ignore[arg-type]  # all are optional text
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        raise UsageError(f"stack {name}: {error.response['Error']['Message']}") from error
    except BotoCoreError as error:
        raise UsageError(
            f"AWS can't be asked ({error}); see --region, --profile and: aws configure"
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks[0].get("Outputs", [])}
    try:
        described = {
            "stack_name": name,
            "webhook_url": outputs["WebhookUrl"],
            "events_table": outputs["EventsTableName"],
            "secret_arn": outputs["SecretArn"],
            "queues": _urls(outputs["QueueUrlPrefix"]),
            "dead_letter_queues": _urls(outputs["DeadLetterQueueUrlPrefix"]),
        }
    except KeyError as error:
        raise UsageError(f"stack {name} is none of justcall-hooks: no output {error}") from error
    return Stack(described, where)


def _urls(prefix: str) -> dict[str, str]:
    return {kind: prefix + module_name(kind) for kind in KINDS}
