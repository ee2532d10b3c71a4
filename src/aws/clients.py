"""AWS clients whose worst case is known, made on first use.

A botocore session is all that is needed: `import boto3` adds its resource layer and S3 transfers
to every cold start. A client is made when it is first asked for, so a forged request makes none
but the secret's.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from aws.limits import ATTEMPTS, CALL_SECONDS, CONNECT_SECONDS, READ_SECONDS

__all__ = ["ATTEMPTS", "CALL_SECONDS", "CONNECT_SECONDS", "READ_SECONDS"]

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    # Legacy mode: measured, standard mode costs a tenth of the handler's CPU (make bench), and with
    # two attempts it does nothing more.
    retries={"mode": "legacy", "total_max_attempts": ATTEMPTS},
    # Every request is built by this package from values it has checked; the service checks again.
    parameter_validation=False,
    # A fixed name: putting botocore's long one together costs 14 µs a call.
    user_agent="justcall-hooks",
)


# A part of a recording has 8 MiB. An upload may take longer than the usual call, and nobody waits.
_S3_CONFIG = _CONFIG.merge(
    Config(
        connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3}
    )
)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def _client(service: str) -> Any:
    config = _S3_CONFIG if service == "s3" else _CONFIG
    return _session().create_client(service, config=config)


def dynamodb() -> "DynamoDBClient":
    """Return this process's DynamoDB client."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def sqs() -> "SQSClient":
    """Return this process's SQS client."""
    client: SQSClient = _client("sqs")
    return client


def secretsmanager() -> "SecretsManagerClient":
    """Return this process's Secrets Manager client."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def events() -> Any:
    """Return this process's EventBridge client; `published.bus` says what it calls."""
    return _client("events")


def sns() -> Any:
    """Return this process's SNS client; `notices.topic` says what it calls."""
    return _client("sns")


def s3() -> Any:
    """Return this process's S3 client; `recordings.bucket` says what it calls."""
    return _client("s3")
