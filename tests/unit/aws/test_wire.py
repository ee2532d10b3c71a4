"""The handler's own client says to AWS what botocore says, and reads the same from its answers."""

import base64
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.session import Session
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aws import clients, wire
from aws.connection import Answer, Request
from aws.failures import (
    AWS_FAILURES,
    AwsError,
    CannotConnect,
    ConnectionLost,
    ReadTimeout,
    detail_of,
    error_code,
)
from aws.settings import Account
from aws.sigv4 import Scope, signed_headers

REGION = "eu-west-2"
ACCOUNT = Account("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY", "a token", REGION)

MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
MOMENTS = st.floats(0, 4e9) | st.sampled_from([MIDNIGHT - 0.001, MIDNIGHT, MIDNIGHT + 0.999])
# What a header can hold, and blanks that the signature folds.
TOKENS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)

VALUES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        st.text().map(lambda text: {"S": text}),
        st.integers().map(lambda number: {"N": str(number)}),
        st.binary(max_size=100).map(lambda content: {"B": content}),
        st.booleans().map(lambda true: {"BOOL": true}),
        st.lists(st.text(), max_size=2).map(lambda texts: {"SS": texts}),
        st.lists(st.binary(), max_size=2).map(lambda contents: {"BS": contents}),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda values: {"L": values})
        | st.dictionaries(st.text(), inner, max_size=3).map(lambda values: {"M": values})
    ),
    max_leaves=5,
)
ITEMS = st.dictionaries(st.sampled_from(["pk", "B", "S", "é", ""]) | st.text(), VALUES, max_size=4)


class Http:
    """AWS for both clients: it answers their attempts in turn, and keeps what was asked."""

    def __init__(self, *answers: Answer | type[Exception]) -> None:
        self.answers = answers
        self.requests: list[Any] = []
        self.naps: list[float] = []

    def exchange(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self.answers[len(self.requests) - 1]
        if isinstance(answer, Answer):
            return answer
        raise answer

    def before_send(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        answer = self.answers[len(self.requests) - 1]
        if not isinstance(answer, Answer):
            raise BOTOCORE[answer](endpoint_url="https://aws", error="")
        raw: Any = SimpleNamespace(stream=lambda **_: iter([answer.body]))
        headers: Any = answer.headers
        return AWSResponse(request.url, answer.status, headers, raw)


BOTOCORE: dict[type[Exception], Any] = {
    CannotConnect: ConnectTimeoutError,
    ReadTimeout: ReadTimeoutError,
}
OK = Answer(200, {}, b"{}")


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """Return botocore's clients, with the settings that the other functions' clients have."""
    session = Session()
    session.set_credentials(ACCOUNT.key_id, ACCOUNT.secret, ACCOUNT.token)
    return {
        name: session.create_client(name, region_name=REGION, config=clients._CONFIG)
        for name in wire.SERVICES
    }


def ours(service: str) -> Any:
    return wire.Client(wire.SERVICES[service], ACCOUNT)


def call_ours(service: str, method: str, arguments: dict[str, Any], http: Http) -> Any:
    with (
        patch.object(wire, "exchange", http.exchange),
        patch("aws.wire.time.sleep", http.naps.append),
    ):
        return getattr(ours(service), method)(**arguments)


def call_theirs(client: Any, method: str, arguments: dict[str, Any], http: Http) -> Any:
    # A unique id each time: the client is shared, its hook is not.
    client.meta.events.register_first("before-send", http.before_send, unique_id="test")
    try:
        with patch("botocore.endpoint.time.sleep", http.naps.append):
            return getattr(client, method)(**arguments)
    finally:
        client.meta.events.unregister("before-send", unique_id="test")


# ------------------------------------------------------------ what is said


@given(st.binary(), TOKENS, KEYS, KEYS, MOMENTS, st.sampled_from(["sqs", "dynamodb"]))
@example(b"", "", "id", "secret", MIDNIGHT, "sqs")
@settings(max_examples=300)
def test_signature_is_botocores(
    body: bytes, token: str, key_id: str, secret: str, now: float, service: str
) -> None:
    account = Account(key_id, secret, token, REGION)
    headers = {"content-type": "application/x-amz-json-1.0", "host": "h:1", "x-amz-target": "A.B"}
    signed = signed_headers(Scope(account, service), "/", headers, body, now)
    request: Any = AWSRequest("POST", "http://h:1/", headers=headers, data=body)
    moment = datetime.fromtimestamp(int(now), UTC)
    signer: Any = SigV4Auth(Credentials(key_id, secret, token or None), service, REGION)
    with patch("botocore.auth.get_current_datetime", lambda: moment):
        signer.add_auth(request)
    assert signed == {name.lower(): value for name, value in request.headers.items()}


@given(ITEMS, st.sampled_from(["put", "transaction"]))
@settings(max_examples=150, deadline=None)
def test_requests_to_the_table_are_botocores(
    theirs: dict[str, Any], item: dict[str, Any], kind: str
) -> None:
    put = {"TableName": "t", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    if kind == "put":
        check_request(theirs, "dynamodb", "put_item", put)
    else:
        writes = {"ClientRequestToken": "once", "TransactItems": [{"Put": put}]}
        check_request(theirs, "dynamodb", "transact_write_items", writes)


@given(st.text(), st.text())
@settings(max_examples=50, deadline=None)
def test_other_requests_are_botocores(theirs: dict[str, Any], one: str, other: str) -> None:
    message = {"QueueUrl": f"https://sqs.eu-west-2.amazonaws.com/1/{one}", "MessageBody": other}
    check_request(theirs, "sqs", "send_message", message)
    names = {
        "ExpressionAttributeNames": {"#a": one},
        "ExpressionAttributeValues": {":a": {"S": one}},
    }
    update = {"TableName": "t", "Key": {"pk": {"S": other}}, "UpdateExpression": "SET #a = :a"}
    check_request(theirs, "dynamodb", "update_item", update | names)
    check_request(theirs, "secretsmanager", "get_secret_value", {"SecretId": one})


def check_request(theirs: dict[str, Any], service: str, method: str, arguments: Any) -> None:
    mine, other = Http(OK), Http(OK)
    call_ours(service, method, arguments, mine)
    call_theirs(theirs[service], method, arguments, other)
    [request], [expected] = mine.requests, other.requests
    assert (request.url, request.body) == (expected.url, expected.body)
    headers = {name.lower(): text(value) for name, value in expected.headers.items()}
    same = {
        "content-type",
        "x-amz-target",
        "x-amzn-query-mode",
        "user-agent",
        "x-amz-security-token",
    }
    for name in same:
        assert request.headers.get(name) == headers.get(name), name


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


REGIONS = [
    "us-east-1",
    "ap-southeast-5",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "us-isof-south-1",
    "eu-isoe-west-1",
    "eusc-de-east-1",
]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", wire.SERVICES)
def test_endpoints_are_botocores(service: str, region: str) -> None:
    client = Session().create_client(
        service, region_name=region, aws_access_key_id="a", aws_secret_access_key="b"
    )
    assert wire.endpoint_url(wire.SERVICES[service], region) == client.meta.endpoint_url + "/"


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "https://proxy.example/aws/"])
def test_endpoints_of_the_environment(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """An empty variable means AWS; the service's own wins over the one for all."""
    sqs = wire.SERVICES["sqs"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "")
    assert wire.endpoint_url(sqs, REGION) == url.rstrip("/") + "/"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://sqs")
    assert wire.endpoint_url(sqs, REGION) == "http://sqs/"


def test_trace_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """X-Ray's active tracing sees the call, as it does with botocore."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "handler")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2-3;Parent=4;Sampled=1")
    http = Http(OK)
    call_ours("sqs", "send_message", {}, http)
    assert http.requests[0].headers["x-amzn-trace-id"] == "Root=1-2-3;Parent=4;Sampled=1"


def test_both_attempts_of_a_transaction_carry_one_token() -> None:
    http = Http(ReadTimeout, OK)
    call_ours("dynamodb", "transact_write_items", {"TransactItems": []}, http)
    one, other = (json.loads(request.body)["ClientRequestToken"] for request in http.requests)
    assert one == other
    assert 1 <= len(one) <= 36
    again = Http(OK)
    call_ours("dynamodb", "transact_write_items", {"TransactItems": []}, again)
    assert json.loads(again.requests[0].body)["ClientRequestToken"] != one


def test_a_value_that_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        call_ours("dynamodb", "put_item", {"Item": {"pk": object()}}, Http(OK))


# ------------------------------------------------------------ what is heard

CODES = [
    "ConditionalCheckFailedException",
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "RequestThrottledException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "TransactionConflictException",
    "ReplicatedWriteConflictException",
    "AccessDeniedException",
]
PREFIXES = ["", "com.amazonaws.dynamodb.v20120810#", "com.amazon.coral.validate#"]
ERROR_BODIES = st.builds(
    lambda prefix, code, word, message: json.dumps(
        {"__type": prefix + code, word: message}
    ).encode(),
    st.sampled_from(PREFIXES),
    st.sampled_from(CODES),
    st.sampled_from(["message", "Message"]),
    st.text(),
)
STATUSES = st.sampled_from([400, 403, 404, 409, 413, 429, 500, 501, 502, 503, 504, 509])
QUERY_ERRORS = st.sampled_from(
    [{}, {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"}]
    + [{"x-amzn-query-error": value} for value in ("", ";Sender", "no-type")]
)
ANSWERS = st.one_of(
    st.builds(Answer, STATUSES, QUERY_ERRORS, ERROR_BODIES),
    st.builds(Answer, STATUSES, st.just({}), st.sampled_from([b"", b"<html>no</html>", b"{"])),
    st.sampled_from([CannotConnect, ReadTimeout]),
)


@given(ANSWERS, ANSWERS | st.just(OK), st.sampled_from(["sqs", "dynamodb"]))
@settings(max_examples=300, deadline=None)
def test_errors_and_retries_are_botocores(
    theirs: dict[str, Any], first: Any, second: Any, service: str
) -> None:
    """The same code and message, after the same number of attempts, and never a longer wait."""
    # SQS does not answer with what DynamoDB alone retries.
    assume(service == "dynamodb" or not any(is_dynamodbs(answer) for answer in (first, second)))
    mine, other = Http(first, second), Http(first, second)
    method = {"sqs": "send_message", "dynamodb": "put_item"}[service]
    outcome = outcome_of(lambda: call_ours(service, method, {}, mine))
    assert outcome == outcome_of(lambda: call_theirs(theirs[service], method, {}, other))
    assert len(mine.requests) == len(other.requests)
    assert len(mine.naps) == len(other.naps)
    assert all(0 <= nap <= 1 for nap in mine.naps)
    if service == "dynamodb":
        assert mine.naps == other.naps


def is_dynamodbs(answer: Any) -> bool:
    codes = (b"TransactionInProgressException", b"ReplicatedWriteConflictException")
    return isinstance(answer, Answer) and any(code in answer.body for code in codes)


def outcome_of(call: Any) -> Any:
    try:
        answer = call()
    except (AwsError, ClientError) as error:
        answer = error.response
        assert isinstance(error, AWS_FAILURES)
        assert error_code(error) == answer["Error"]["Code"]
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        return "error", answer["Error"]["Code"], status
    except AWS_FAILURES as error:
        names = {"ConnectTimeoutError": "CannotConnect", "ReadTimeoutError": "ReadTimeout"}
        return "no answer", names.get(type(error).__name__, type(error).__name__)
    return "ok", answer["ResponseMetadata"]["HTTPStatusCode"]


def wired(value: Any) -> Any:
    """Return a value as it is in JSON."""
    return json.loads(json.dumps(value, default=lambda content: base64.b64encode(content).decode()))


@given(ITEMS, st.text())
@settings(max_examples=150, deadline=None)
def test_items_in_errors_are_botocores(
    theirs: dict[str, Any], item: dict[str, Any], message: str
) -> None:
    """Bytes are bytes again, however deep they lie."""
    reason = {"Code": "ConditionalCheckFailed", "Item": wired(item), "Message": message}
    bodies = {
        "put_item": {"__type": "x#ConditionalCheckFailedException", "message": message}
        | {"Item": wired(item)},
        "transact_write_items": {"__type": "x#TransactionCanceledException"}
        | {"Message": message, "CancellationReasons": [reason, {"Code": "None"}]},
    }
    for method, document in bodies.items():
        body = json.dumps(document).encode()
        answer = Answer(400, {"x-amz-crc32": str(zlib.crc32(body)), "x-amzn-requestid": "7"}, body)
        mine = error_of(partial(call_ours, "dynamodb", method, {}, Http(answer)))
        assert mine == error_of(partial(call_theirs, theirs["dynamodb"], method, {}, Http(answer)))


def error_of(call: Callable[[], Any]) -> list[Any]:
    with pytest.raises(AWS_FAILURES) as raised:
        call()
    error: Any = raised.value
    details = [detail_of(error, name) for name in ("Item", "CancellationReasons")]
    return [*details, error.response["Error"], error.response["ResponseMetadata"]["RequestId"]]


@given(st.text(), st.lists(st.text(), max_size=3))
@settings(max_examples=50, deadline=None)
def test_secrets_are_botocores(theirs: dict[str, Any], value: str, stages: list[str]) -> None:
    document = {"SecretString": value, "VersionStages": stages, "Name": "n"}
    answer = Answer(200, {}, json.dumps(document).encode())
    mine = call_ours("secretsmanager", "get_secret_value", {}, Http(answer))
    expected = call_theirs(theirs["secretsmanager"], "get_secret_value", {}, Http(answer))
    for name in document:
        assert mine[name] == expected[name]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null", b'"x"', b"\xff", b"[" * 99_999])
def test_a_200_without_a_document_is_no_success(body: bytes) -> None:
    """Botocore takes some of these for success; a 200 of ours must not rest on them."""
    http = Http(Answer(200, {}, body), Answer(200, {}, body))
    with pytest.raises(AWS_FAILURES):
        call_ours("dynamodb", "put_item", {}, http)
    assert len(http.requests) == 2


def test_a_wrong_checksum_is_no_success() -> None:
    wrong = Answer(200, {"x-amz-crc32": "1"}, b"{}")
    assert (
        call_ours("dynamodb", "put_item", {}, Http(wrong, OK))["ResponseMetadata"]["RetryAttempts"]
        == 1
    )
    with pytest.raises(AWS_FAILURES):
        call_ours("dynamodb", "put_item", {}, Http(wrong, wrong))


def test_a_lost_connection_is_tried_once_more() -> None:
    http = Http(ConnectionLost, OK)
    call_ours("sqs", "send_message", {}, http)
    assert [request.attempt for request in http.requests] == [1, 2]
    with pytest.raises(ConnectionLost):
        call_ours("sqs", "send_message", {}, Http(ConnectionLost, ConnectionLost))
