"""Finding a deployment: the local stack by its file, a deployed one by its outputs."""

import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import UsageError, reason
from justcall.catalogue import KINDS, module_name

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_RETENTION_DAYS = 400
# The local stack's AWS does not check the secret of its root user. An earlier version's stack.json
# names no key, and its AWS takes this one.
_OLD_KEY = "test"
# One connection for each index cell: a listing reads them in parallel.
_CONFIG = Config(max_pool_connections=16)
# Links to files are signed as every region accepts it.
_S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4"))


class Stack:
    """One deployment: its names, its clients and its secret."""

    def __init__(self, described: Mapping[str, Any], session: Mapping[str, str | None]) -> None:
        self.name: str | None = described.get("stack_name")
        self.webhook_url: str = described["webhook_url"]
        # The URL that is registered with JustCall; the local stack is reached by another one.
        self.registered_url: str = described.get("registered_url", self.webhook_url)
        self.events_table: str = described["events_table"]
        self.secret_arn: str = described["secret_arn"]
        self.queues: Mapping[str, str] = described["queues"]
        self.dead_letter_queue: str = described.get("dead_letter_queue") or (
            self.queue_url_prefix.removesuffix("events-") + "dead-letters"
        )
        # None if the stack was deployed with EventBus=off.
        self.event_bus: str | None = described.get("event_bus") or None
        # None if the stack was deployed with HttpDeliveries=off.
        self.deliveries_queue: str | None = described.get("deliveries_queue") or None
        self.delivery_secret: str | None = described.get("delivery_secret") or None
        # None if the stack was deployed with Recordings=off.
        self.recordings_bucket: str | None = described.get("recordings_bucket") or None
        self.is_local = "endpoint_url" in described
        # The secret of the local stack's page, which `make up` makes.
        self.console_key: Path | None = described.get("console_key")
        self.retention_days = int(described.get("retention_days", DEFAULT_RETENTION_DAYS))
        self._endpoint_url = described.get("endpoint_url")
        self._session = boto3.Session(**session)  # type: ignore[arg-type]  # all are optional text
        self._clients: dict[str, Any] = {}
        self._lock = Lock()  # threads may use a client, but must not create one at once

    def client(self, service: str) -> Any:
        """Return the boto3 client for this deployment; threads may share it."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,  # type: ignore[call-overload]  # the stubs know literals only
                    endpoint_url=self._endpoint_url,
                    config=_S3_CONFIG if service == "s3" else _CONFIG,
                )
            return self._clients[service]

    @property
    def queue_url_prefix(self) -> str:
        """The URLs of the kinds' queues up to the kind."""
        kind, url = next(iter(self.queues.items()), ("", ""))
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
        # A region implies a deployed stack; answering for the local one would be wrong.
        raise UsageError("--region and --profile need --stack NAME.")
    return _local()


def _local() -> Stack:
    home = Path(os.environ.get("JUSTCALL_HOOKS_LOCAL", ROOT / ".local"))
    try:
        described = json.loads((home / "stack.json").read_text())
        session = {
            "region_name": described["region"],
            "aws_access_key_id": described.get("access_key_id", _OLD_KEY),
            "aws_secret_access_key": "unused",
        }
        return Stack({"console_key": home / "console-key", **described}, session)
    except (OSError, ValueError, KeyError, TypeError) as error:  # no file, or half a file
        raise UsageError("No local stack. Run: make up  (or name one: --stack)") from error


def _deployed(name: str, region: str | None, profile: str | None) -> Stack:
    where = {"region_name": region, "profile_name": profile}
    try:
        session = boto3.Session(**where)  # type: ignore[arg-type]  # all are optional text
        stack = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        raise UsageError(f"Stack {name}: {reason(error)}") from error
    except BotoCoreError as error:
        raise UsageError(
            f"Could not reach AWS: {error}. Check --region, --profile or: aws configure"
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])}
    try:
        described = {
            "stack_name": name,
            "webhook_url": outputs["WebhookUrl"],
            "events_table": outputs["EventsTableName"],
            "secret_arn": outputs["SecretArn"],
            "queues": {kind: outputs["QueueUrlPrefix"] + module_name(kind) for kind in KINDS},
            "dead_letter_queue": outputs["DeadLetterQueueUrl"],
            "event_bus": outputs.get("EventBusName"),
            "deliveries_queue": outputs.get("DeliveriesQueueUrl"),
            "delivery_secret": outputs.get("DeliverySecretArn"),
            "recordings_bucket": outputs.get("RecordingsBucket"),
            "retention_days": parameters.get("RetentionDays", DEFAULT_RETENTION_DAYS),
        }
    except KeyError as error:
        raise UsageError(
            f"{name} is not a justcall-hooks stack: it has no output {error}."
        ) from error
    return Stack(described, where)
