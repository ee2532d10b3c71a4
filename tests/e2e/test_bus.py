"""From a processed event to a user's rule on the bus."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from justcall.envelope import read
from justcall.keys import content_hash, key_of
from justcall.signature import sign
from local import ministack
from tests.e2e.conftest import Stack
from tests.e2e.test_path import fresh
from tests.support import make_schemas
from tests.support.polling import until
from tests.support.samples import SECRET, body

type Item = dict[str, Any]


class Consumer:
    """A queue that a rule on the bus fills, as a user would add it."""

    def __init__(self, stack: Stack, pattern: Item) -> None:
        self._sqs = stack.client("sqs")
        self._events = stack.client("events")
        self._bus = stack.described["event_bus"]
        self._url = self._sqs.create_queue(QueueName="consumer")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["QueueArn"]
        )["Attributes"]
        self._events.put_rule(
            Name="consumer", EventBusName=self._bus, EventPattern=json.dumps(pattern)
        )
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        self._events.put_targets(Rule="consumer", EventBusName=self._bus, Targets=[target])
        self.received: list[Item] = []

    def remove(self) -> None:
        self._events.remove_targets(Rule="consumer", EventBusName=self._bus, Ids=["queue"])
        self._events.delete_rule(Name="consumer", EventBusName=self._bus)
        self._sqs.delete_queue(QueueUrl=self._url)

    def wait_for(self, key: str) -> Item:
        """Poll until an event arrives; return the bus's event."""

        def arrived() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self.received.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            return key in self.keys()

        until(arrived, f"{key} to arrive")
        return next(one for one in self.received if self._key(one) == key)

    def keys(self) -> list[str]:
        return [self._key(one) for one in self.received]

    @staticmethod
    def _key(event: Item) -> str:
        key: str = event["detail"]["data"]["event"]["key"]
        return key


@pytest.fixture
def consumer(stack: Stack) -> Iterator[Consumer]:
    made = Consumer(stack, {"source": ["justcall-hooks"]})
    yield made
    made.remove()


def test_event_reaches_a_rule_on_the_bus(stack: Stack, consumer: Consumer) -> None:
    """A call and its later update: the second event carries both."""
    key, content = fresh("call.completed")
    assert stack.post(content, sign(content, SECRET)).status == 200
    event = consumer.wait_for(key)
    assert (event["source"], event["detail-type"]) == ("justcall-hooks", "call.completed")
    detail = event["detail"]
    jsonschema_rs.validator_for(make_schemas.schema("call.completed")).validate(detail)
    assert detail["id"] == f"{key}#1"
    assert detail["source"] == f"urn:justcall-hooks:{stack.described['stack_name']}"
    assert detail["subject"] == "+14155559876"

    call_id = json.loads(content)["data"]["call_id"]
    update = body(
        {
            "event": "call.updated",
            "timestamp": "2026-03-12T14:41:00Z",
            "data": {"call_id": call_id, "notes": "told later"},
        }
    )
    assert stack.post(update, sign(update, SECRET)).status == 200
    second = key_of(read(update), content_hash(update))
    call = consumer.wait_for(second)["detail"]["data"]["call"]
    assert (call["revision"], call["notes"], call["duration_seconds"]) == (2, "told later", 185)
    assert sorted(one["key"] for one in call["events"]) == sorted([key, second])


def test_burst_is_published_completely(stack: Stack, consumer: Consumer) -> None:
    sent = [fresh("sms.received") for _ in range(25)]
    for _, content in sent:
        assert stack.post(content, sign(content, SECRET)).status == 200
    for key, _ in sent:
        consumer.wait_for(key)
    assert {key for key, _ in sent} <= set(consumer.keys())


def test_events_are_published_after_a_stop_and_a_start(stack: Stack, consumer: Consumer) -> None:
    """Neither those that come after it, nor those that the publisher had not seen before it."""
    publisher = source_of_publisher(stack)
    stack.client("lambda").update_event_source_mapping(UUID=publisher, Enabled=False)
    before, content = fresh("call.missed")
    assert stack.post(content, sign(content, SECRET)).status == 200
    stack.wait_for(before, "processed")
    restart(stack)
    stack.client("lambda").update_event_source_mapping(UUID=publisher, Enabled=True)
    after, content = fresh("call.missed")
    assert stack.post(content, sign(content, SECRET)).status == 200
    for key in (before, after):
        consumer.wait_for(key)


def test_objects_of_s3_outlive_a_stop_and_a_start(stack: Stack) -> None:
    """CloudFormation reads the templates of nested stacks there, and recordings are kept there."""
    bucket, kept = stack.client("s3").list_buckets()["Buckets"][0]["Name"], "kept/one.mp3"
    stack.client("s3").put_object(Bucket=bucket, Key=kept, Body=b"a recording")
    restart(stack)
    assert stack.client("s3").get_object(Bucket=bucket, Key=kept)["Body"].read() == b"a recording"


def restart(stack: Stack) -> None:
    """Stop MiniStack, which saves its state, and start it again."""
    assert ministack.stop(stack.place)
    ministack.start(stack.place)


def source_of_publisher(stack: Stack) -> str:
    """Return the id of the mapping from the table's stream to the publisher."""
    every = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    [found] = [one for one in every if "Publisher" in one["FunctionArn"]]
    uuid: str = found["UUID"]
    return uuid
