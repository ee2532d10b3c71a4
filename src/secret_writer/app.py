"""Writes the API secret once: the first deploy sets it, no later one overwrites it.

CloudFormation calls this when the stack is made, changed or deleted, and waits for an answer at
`ResponseURL`. Whatever happens, an answer goes there; it never holds the value.
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
    """Write the value if the secret has none, and tell CloudFormation how it went."""
    try:
        outcome = _seed(event)
    except AWS_FAILURES as error:
        _answer(event, "FAILED", f"Secrets Manager refused: {error_code(error)}")
    except Exception as error:
        observability.log("error", "secret not written", **observability.cause(error))
        _answer(event, "FAILED", f"unexpected: {type(error).__name__}")
    else:
        observability.log("info", outcome)
        _answer(event, "SUCCESS", outcome)


def _seed(event: dict[str, Any]) -> str:
    if event["RequestType"] == "Delete":
        return "nothing to do"
    properties = event["ResourceProperties"]
    arn, value = properties["SecretArn"], properties["Value"]
    client = clients.secretsmanager()
    if _has_value(client, arn):
        return "secret kept: it has a value"
    # The request's id makes a repeated call of CloudFormation's write the same version again.
    client.put_secret_value(SecretId=arn, SecretString=value, ClientRequestToken=event["RequestId"])
    return "secret written"


def _has_value(client: "SecretsManagerClient", arn: str) -> bool:
    try:
        version = client.get_secret_value(SecretId=arn)
    except AWS_FAILURES as error:
        if error_code(error) == "ResourceNotFoundException":
            return False  # a secret just made has no version yet
        raise
    # The embedded AWS gives it an empty one. Bytes are no secret that the handler can use, but
    # whoever put them there did it on purpose.
    return bool(version.get("SecretString") or version.get("SecretBinary"))


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    document = {
        "Status": status,
        "Reason": reason,
        # Stable, so that CloudFormation never thinks that the resource was replaced.
        "PhysicalResourceId": "api-secret-value",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": True,
    }
    # CloudFormation's own pre-signed URL; the content type must be empty, or S3 refuses it.
    request = Request(  # noqa: S310
        event["ResponseURL"],
        data=json.dumps(document).encode(),
        headers={"content-type": ""},
        method="PUT",
    )
    urlopen(request, timeout=ANSWER_SECONDS).close()  # noqa: S310
