"""The sweeper as it is deployed: its rights suffice, and its schedule is there."""

import time
import uuid
from typing import Any

import pytest

from justcall.event import RECEIVED, Event
from justcall.keys import content_hash
from ledger.events import Ledger
from messaging.message import encode, message_of
from tests.e2e.conftest import Stack
from tests.support import samples
from tests.support.polling import until


@pytest.fixture
def lost(stack: Stack) -> Event:
    """Return an event that was kept five minutes ago, and whose handler died then."""
    name = f"e2e_{uuid.uuid4().hex[:12]}"
    body = samples.body(samples.changed(samples.CALL_MISSED, call_id=name))
    event = Event(
        delivery_id=name,
        key=f"call.missed:{name}",
        type="call.missed",
        dialect="body-signed",
        status=RECEIVED,
        body=body,
        body_hash=content_hash(body),
        received_at=time.time() - 300,
    )
    client = stack.client("dynamodb")
    Ledger(lambda: client, stack.described["events_table"], 400).keep(event)
    return event


def resource(stack: Stack, logical_id: str) -> str:
    answer = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.described["stack_name"], LogicalResourceId=logical_id
    )
    name: str = answer["StackResourceDetail"]["PhysicalResourceId"]
    return name


def sweep(stack: Stack) -> None:
    answer: Any = stack.client("lambda").invoke(FunctionName=resource(stack, "SweeperFunction"))
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_what_was_lost_is_processed(stack: Stack, lost: Event) -> None:
    """Kept and never sent, it is found in the index, sent to its queue, and acted on."""
    sweep(stack)
    item = stack.wait_for(lost.key, "processed")
    assert item["sweeps"] == {"N": "1"}
    assert item["cell"]["S"].startswith("processed#")


def test_what_died_is_failed(stack: Stack, lost: Event) -> None:
    """A dead letter makes its event *failed*, and stays for whoever looks into it."""
    url = stack.described["dead_letter_queue"]
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody=encode(message_of(lost)))
    sweep(stack)
    stack.wait_for(lost.key, "failed")

    def dead_letters() -> list[Any]:
        found: list[Any] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get(
            "Messages", []
        )
        return found

    # The sweeper that runs every minute may be looking at it too, and hides it for as long.
    until(lambda: len(dead_letters()) == 1, "the dead letter to be seen")
    sqs.purge_queue(QueueUrl=url)


def test_it_runs_every_minute(stack: Stack) -> None:
    """EventBridge Scheduler has the schedule, and it is on."""
    answer = stack.client("scheduler").get_schedule(Name=resource(stack, "SweeperSchedule"))
    assert answer["ScheduleExpression"] == "rate(1 minute)"
    assert answer["State"] == "ENABLED"
    assert "SweeperFunction" in answer["Target"]["Arn"]
