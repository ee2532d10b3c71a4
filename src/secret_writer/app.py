"""Write the API secret once: the first deploy sets it, and no later deploy overwrites it.

CloudFormation calls this function when the stack is created, updated or deleted, and waits for an
answer at `ResponseURL`. An answer always goes there, and it never contains the secret.
"""

import json
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from aws import clients, observability
from aws.failures import AWS_FAILURES, error_code

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ANSWER_SECONDS = 10


def handler(event: dict[str, Any], context: Any) -> None:
    """Write the value if the secret has no value yet, and answer CloudFormation."""
    try:
        outcome = _write_once(event)
    except AWS_FAILURES as error:
        _answer(event, "FAILED", f"Secrets Manager refused: {error_code(error)}")
    except Exception as error:
        observability.log("error", "secret not written", **observability.cause(error))
        _answer(event, "FAILED", f"unexpected: {type(error).__name__}")
    else:
        observability.log("info", outcome)
        _answer(event, "SUCCESS", outcome)


def _write_once(event: dict[str, Any]) -> str:
    if event["RequestType"] == "Delete":
        return "nothing to do"
    properties = event["ResourceProperties"]
    arn, value = properties["SecretArn"], properties["Value"]
    client = clients.secretsmanager()
    if _has_value(client, arn):
        return "secret not written: it has a value"
    # Idempotent: when CloudFormation repeats the request, the same version is written again.
    client.put_secret_value(SecretId=arn, SecretString=value, ClientRequestToken=event["RequestId"])
    return "secret written"


def _has_value(client: "SecretsManagerClient", arn: str) -> bool:
    try:
        version = client.get_secret_value(SecretId=arn)
    except AWS_FAILURES as error:
        if error_code(error) == "ResourceNotFoundException":
            return False  # a new secret has no version yet
        raise
    # The embedded AWS gives a new secret an empty value. The handler cannot use a binary value, but
    # somebody stored it on purpose, so keep it.
    return bool(version.get("SecretString") or version.get("SecretBinary"))


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    document = {
        "Status": status,
        "Reason": reason,
        # CloudFormation would take another id for a replacement.
        "PhysicalResourceId": "api-secret-value",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": True,
    }
    # A pre-signed URL of S3, which refuses any content type that was not signed.
    request = Request(  # noqa: S310
        event["ResponseURL"],
        data=json.dumps(document).encode(),
        headers={"content-type": ""},
        method="PUT",
    )
    urlopen(request, timeout=ANSWER_SECONDS).close()  # noqa: S310
