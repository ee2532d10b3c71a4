"""The handler's AWS client: three services' JSON calls, signed, retried and bounded in time.

A drop-in for botocore's clients as far as the methods here go: the same names, arguments, answers
and, in `response`, errors. Importing botocore takes six times as long as all of the handler.

Tests replace `exchange`, the one place that touches the network. It is called once for each
attempt, `exchange(request: Request) -> Answer`, and either returns an Answer or raises a NoAnswer
(aws.failures): CannotConnect, ReadTimeout, ConnectionLost or AnswerUnreadable. A request knows
its service ("dynamodb", "sqs", "secretsmanager"), its operation ("PutItem") and its attempt, 1 or
2. `time` and the backoff's `time.sleep` are this module's, so a test's clock can stand in.
"""

import json
import os
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

from aws import dialing, settings, wire_answers
from aws.connection import Answer, Request, exchange
from aws.failures import AwsError, NoAnswer
from aws.limits import ATTEMPTS, BACKOFF_SECONDS
from aws.settings import Account
from aws.sigv4 import Scope, signed_headers

__all__ = ["SERVICES", "Answer", "Client", "Request", "exchange"]


class Service(NamedTuple):
    """How a service is spoken to; `variable` ends the name of its endpoint's variable."""

    name: str
    target: str
    json_version: str
    variable: str
    backoff_seconds: float | None = None  # a random part of BACKOFF_SECONDS where it is None


# Sources: botocore's service-2.json of each service; _retry.json for DynamoDB's short backoff.
SERVICES = {
    one.name: one
    for one in (
        Service("dynamodb", "DynamoDB_20120810", "1.0", "DYNAMODB", 0.05),
        Service("sqs", "AmazonSQS", "1.0", "SQS"),
        Service("secretsmanager", "secretsmanager", "1.1", "SECRETS_MANAGER"),
    )
}
_AWS = "amazonaws.com"
_DOMAINS = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu", "us-iso-": "c2s.ic.gov"} | {
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}


class Client:
    """A client of one service."""

    def __init__(self, service: Service, account: Account) -> None:
        self._service = service
        self._scope = Scope(account, service.name)
        self._url = endpoint_url(service, account.region)
        self._host, _, path = self._url.partition("://")[2].partition("/")
        self._path = f"/{path}"
        if self._url.startswith("https:"):
            dialing.tls()  # here, because the first handshake's time is limited

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Call DynamoDB's PutItem."""
        return self._call("PutItem", arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        """Call DynamoDB's UpdateItem."""
        return self._call("UpdateItem", arguments)

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:
        """Call DynamoDB's TransactWriteItems; both attempts carry one token, so it acts once."""
        return self._call("TransactWriteItems", {"ClientRequestToken": _token(), **arguments})

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """Call SQS's SendMessage."""
        return self._call("SendMessage", arguments)

    def get_secret_value(self, **arguments: Any) -> dict[str, Any]:
        """Call Secrets Manager's GetSecretValue."""
        return self._call("GetSecretValue", arguments)

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(arguments, default=_base64).encode()
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                answer = exchange(self._request(operation, attempt, body))
                document = wire_answers.document(answer)
            except NoAnswer:
                if last:
                    raise
            else:
                metadata = {
                    "HTTPStatusCode": answer.status,
                    "RequestId": answer.headers.get("x-amzn-requestid", ""),
                    "RetryAttempts": attempt - 1,
                }
                if answer.status < 300:
                    return document | {"ResponseMetadata": metadata}
                error = wire_answers.error(answer, document) | {"ResponseMetadata": metadata}
                if last or not wire_answers.is_transient(answer.status, error["Error"]["Code"]):
                    raise AwsError(error, operation)
            time.sleep(self._backoff())
        raise AssertionError  # the last attempt returns or raises

    def _request(self, operation: str, attempt: int, body: bytes) -> Request:
        headers = {
            "content-type": f"application/x-amz-json-{self._service.json_version}",
            "host": self._host,
            "x-amz-target": f"{self._service.target}.{operation}",
        }
        if self._service.name == "sqs":
            headers["x-amzn-query-mode"] = "true"  # errors then carry the codes of SQS's older API
        headers = signed_headers(self._scope, self._path, headers, body, time.time())
        headers |= {"user-agent": "justcall-hooks", "accept-encoding": "identity"}
        if trace := settings.trace():
            headers["x-amzn-trace-id"] = trace
        return Request(self._service.name, operation, attempt, self._url, headers, body)

    def _backoff(self) -> float:
        fixed = self._service.backoff_seconds
        share = int.from_bytes(os.urandom(2)) / 65_536
        return BACKOFF_SECONDS * share if fixed is None else fixed


def endpoint_url(service: Service, region: str) -> str:
    """Return a service's URL with a slash at its end."""
    if configured := settings.endpoint(service.variable):
        return configured.rstrip("/") + "/"
    domain = next((name for prefix, name in _DOMAINS.items() if region.startswith(prefix)), _AWS)
    return f"https://{service.name}.{region}.{domain}/"


def _token() -> str:
    """Return a request's token, which both of its attempts carry."""
    return os.urandom(16).hex()


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    raise TypeError
