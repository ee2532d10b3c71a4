"""Least privilege, as the embedded AWS enforces it for the roles of the template."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.place import REGION
from tests.e2e.conftest import Stack


def _as_function(stack: Stack, logical_id: str, nested: str | None = None) -> Callable[[str], Any]:
    """Return a maker of clients that hold the role of a function, maybe of a nested stack's."""
    name = stack.described["stack_name"]
    return _with_role(stack, _physical_id(stack, name, nested) if nested else name, logical_id)


def _with_role(stack: Stack, name: str, logical_id: str) -> Callable[[str], Any]:
    """Return a maker of clients that hold the role of a function of the stack `name`."""
    function = _physical_id(stack, name, logical_id)
    role = stack.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    held = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return lambda service: boto3.client(
        service,  # type: ignore[call-overload]  # the stubs know the services by literal only
        endpoint_url=stack.process.endpoint_url,
        region_name=REGION,
        aws_access_key_id=held["AccessKeyId"],
        aws_secret_access_key=held["SecretAccessKey"],
        aws_session_token=held["SessionToken"],
    )


def _physical_id(stack: Stack, stack_name: str, logical_id: str) -> str:
    resource = stack.client("cloudformation").describe_stack_resource(
        StackName=stack_name, LogicalResourceId=logical_id
    )
    found: str = resource["StackResourceDetail"]["PhysicalResourceId"]
    return found


def _denied(call: Callable[..., Any], **arguments: Any) -> bool:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return "AccessDenied" in caught.value.response["Error"]["Code"]


def test_the_handler_can_only_keep_and_send(stack: Stack) -> None:
    """The handler may not read the table, delete from it, read queues, or change the secret."""
    client = _as_function(stack, "HandlerFunction")
    table, arn = stack.described["events_table"], stack.described["secret_arn"]
    key = {"pk": {"S": "event#x"}, "sk": {"S": "ledger"}}
    assert _denied(client("dynamodb").get_item, TableName=table, Key=key)
    assert _denied(client("dynamodb").delete_item, TableName=table, Key=key)
    dead = stack.described["dead_letter_queue"]
    for url in (stack.described["queues"]["call.completed"], dead):
        assert _denied(client("sqs").receive_message, QueueUrl=url)
    assert _denied(client("sqs").send_message, QueueUrl=dead, MessageBody="x")
    assert _denied(client("secretsmanager").put_secret_value, SecretId=arn, SecretString="x")
    assert client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]


def test_a_processor_can_only_receive_and_write(stack: Stack) -> None:
    """A processor may not send messages, read dead letters, get or delete items or read the secret."""
    client = _as_function(stack, "CallMissedProcessor")
    queues = stack.described["queues"]
    dead, table = stack.described["dead_letter_queue"], stack.described["events_table"]
    assert _denied(client("sqs").receive_message, QueueUrl=dead)
    for pk in ("event#x", "consent#x"):
        key = {"pk": {"S": pk}, "sk": {"S": "ledger"}}
        assert _denied(client("dynamodb").delete_item, TableName=table, Key=key)
        assert _denied(client("dynamodb").get_item, TableName=table, Key=key)
    assert _denied(client("sqs").send_message, QueueUrl=queues["call.missed"], MessageBody="x")
    arn = stack.described["secret_arn"]
    assert _denied(client("secretsmanager").get_secret_value, SecretId=arn)
    client("sqs").get_queue_attributes(QueueUrl=queues["call.missed"], AttributeNames=["All"])


def test_publisher_can_change_no_event(stack: Stack) -> None:
    """It reads events and publishes on its own bus; all else is denied."""
    client = _as_function(stack, "PublisherFunction", nested="Bus")
    table, bus = stack.described["events_table"], stack.described["event_bus"]
    key = {"pk": {"S": "event#x"}, "sk": {"S": "ledger"}}
    assert _denied(client("dynamodb").put_item, TableName=table, Item=key)
    assert _denied(client("dynamodb").delete_item, TableName=table, Key=key)
    assert _denied(client("dynamodb").scan, TableName=table)
    assert _denied(
        client("secretsmanager").get_secret_value, SecretId=stack.described["secret_arn"]
    )
    queue = stack.described["queues"]["call.completed"]
    assert _denied(client("sqs").send_message, QueueUrl=queue, MessageBody="x")
    entry = {"Source": "x", "DetailType": "x", "Detail": "{}"}
    assert _denied(client("events").put_events, Entries=[entry | {"EventBusName": "default"}])
    assert client("dynamodb").get_item(TableName=table, Key=key)
    answer = client("events").put_events(Entries=[entry | {"EventBusName": bus}])
    assert answer["FailedEntryCount"] == 0


def test_sender_reads_no_event(stack: Stack) -> None:
    """It has its own queue and secret; events, other secrets and other queues are denied."""
    client = _as_function(stack, "SenderFunction", nested="Deliveries")
    table, arn = stack.described["events_table"], stack.described["secret_arn"]
    key = {"pk": {"S": "delivery#x"}, "sk": {"S": "msg_1"}}
    assert _denied(client("dynamodb").scan, TableName=table)
    assert _denied(client("secretsmanager").get_secret_value, SecretId=arn)
    own = stack.described["delivery_secret"]
    assert _denied(client("secretsmanager").put_secret_value, SecretId=own, SecretString="x")
    queue = stack.described["queues"]["call.completed"]
    assert _denied(client("sqs").send_message, QueueUrl=queue, MessageBody="x")
    assert _denied(client("events").put_events, Entries=[{"Source": "x", "DetailType": "x"}])
    assert client("dynamodb").get_item(TableName=table, Key=key)
    assert client("secretsmanager").get_secret_value(SecretId=own)["SecretString"]


def test_timer_reads_no_body_and_no_secret(stack: Stack) -> None:
    client = _as_function(stack, "TimerFunction", nested="Deliveries")
    table, own = stack.described["events_table"], stack.described["delivery_secret"]
    key = {"pk": {"S": "delivery#x"}, "sk": {"S": "msg_1"}}
    assert _denied(client("dynamodb").get_item, TableName=table, Key=key)
    assert _denied(client("dynamodb").put_item, TableName=table, Item=key)
    assert _denied(client("secretsmanager").get_secret_value, SecretId=own)
    queue = stack.described["deliveries_queue"]
    assert _denied(client("sqs").receive_message, QueueUrl=queue)
