"""The handler's AWS clients: aws.wire's if credentials are in the environment, else botocore's.

Lambda puts credentials there. Processors and sweeper use `aws.clients`, which has the same
functions.
"""

from functools import cache
from typing import TYPE_CHECKING, cast

from aws import settings, wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


def dynamodb() -> "DynamoDBClient":
    """Return this process's DynamoDB client."""
    return cast("DynamoDBClient", _client("dynamodb"))


def sqs() -> "SQSClient":
    """Return this process's SQS client."""
    return cast("SQSClient", _client("sqs"))


def secretsmanager() -> "SecretsManagerClient":
    """Return this process's Secrets Manager client."""
    return cast("SecretsManagerClient", _client("secretsmanager"))


@cache
def _client(service: str) -> object:
    account = settings.account()
    if account:
        return wire.Client(wire.SERVICES[service], account)
    from aws import clients  # noqa: PLC0415  (imports botocore)

    return getattr(clients, service)()
