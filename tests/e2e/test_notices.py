"""From a missed call to a subscriber's queue, through the rule, the notifier, the table and SNS."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from justcall.signature import sign
from ledger import schema
from tests.e2e.conftest import Stack
from tests.e2e.switching import switch
from tests.e2e.test_path import fresh
from tests.e2e.test_rights import _denied, _physical_id, _with_role
from tests.support.polling import until
from tests.support.samples import SECRET

# The number and the line of the sample.
NUMBER, LINE = "+14155558765", "+14155551234"


class Team:
    """A queue that is subscribed to the notices of one line, and to all failures."""

    def __init__(self, stack: Stack, topic: str) -> None:
        self._sqs = stack.client("sqs")
        self.url = self._sqs.create_queue(QueueName="team")["QueueUrl"]
        names = {"QueueUrl": self.url, "AttributeNames": ["QueueArn"]}
        arn = self._sqs.get_queue_attributes(**names)["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": allowed})
        policy = {"$or": [{"line": [LINE]}, {"notice": ["failure"]}]}
        stack.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"FilterPolicy": json.dumps(policy)},
        )
        self.got: list[dict[str, Any]] = []

    def wait_for(self, subject: str) -> dict[str, Any]:
        """Poll until a notice with this subject arrives."""

        def arrived() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                self.got.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return any(subject in one["Subject"] for one in self.got)

        until(arrived, f"a notice {subject}")
        return next(one for one in self.got if subject in one["Subject"])


@pytest.fixture(scope="module")
def notices(stack: Stack) -> Iterator[str]:
    """Switch hourly notices on; return the name of their nested stack."""
    switch(stack, Notices="hourly")
    bus = _physical_id(stack, stack.described["stack_name"], "Bus")
    name = _physical_id(stack, bus, "NoticesStack")
    yield name
    switch(stack, Notices="off")
    with pytest.raises(ClientError):
        _physical_id(stack, bus, "NoticesStack")


@pytest.fixture(scope="module")
def team(stack: Stack, notices: str) -> Team:
    return Team(stack, _physical_id(stack, notices, "NoticeTopic"))


def unsent(stack: Stack) -> list[dict[str, Any]]:
    answer = stack.client("dynamodb").query(
        TableName=stack.described["events_table"],
        IndexName=schema.STATUS_INDEX,
        KeyConditionExpression="cell = :cell",
        ExpressionAttributeValues={":cell": {"S": schema.UNSENT}},
    )
    items: list[dict[str, Any]] = answer["Items"]
    return items


def test_unreturned_call_is_in_the_digest_of_its_line(
    stack: Stack, notices: str, team: Team
) -> None:
    _, content = fresh("call.missed")
    assert stack.post(content, sign(content, SECRET)).status == 200
    until(lambda: bool(unsent(stack)), "the missed call to wait for the digest")
    function = _physical_id(stack, notices, "DigestFunction")
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert json.loads(answer["Payload"].read()) == {"sent": 1}
    notice = team.wait_for(f"not returned to {LINE}")
    assert NUMBER in notice["Message"]
    attributes = {name: one["Value"] for name, one in notice["MessageAttributes"].items()}
    assert attributes.pop("id").startswith("digest#")
    assert attributes == {"notice": "digest", "kind": "call.missed", "line": LINE}
    assert unsent(stack) == []


def test_failed_event_comes_by_the_stream(stack: Stack, team: Team) -> None:
    """The processor's own way takes five attempts; the stream shows the same change."""
    key, content = fresh("contact.created")
    assert stack.post(content, sign(content, SECRET)).status == 200
    stack.wait_for(key, "processed")
    stack.client("dynamodb").update_item(
        TableName=stack.described["events_table"],
        Key=schema.ledger_place(key),
        UpdateExpression="SET #status = :failed, #error = :error",
        ExpressionAttributeNames={"#status": "status", "#error": "error"},
        ExpressionAttributeValues={":failed": {"S": "failed"}, ":error": {"S": "model-refused"}},
    )
    notice = team.wait_for(f"Event failed: {key}")
    assert "Reason: model-refused" in notice["Message"]


def test_notifier_can_only_write_notices(stack: Stack, notices: str, team: Team) -> None:
    """The notifier may not read events, and neither function may delete or scan anything."""
    table = stack.described["events_table"]
    event, notice = schema.ledger_place("call.missed:x"), schema.ledger_place("call.missed:x")
    notice["pk"] = {"S": schema.notice_partition("call:x")}
    notifier = _with_role(stack, notices, "NotifierFunction")
    digest = _with_role(stack, notices, "DigestFunction")
    assert _denied(notifier("dynamodb").get_item, TableName=table, Key=event)
    for client in (notifier, digest):
        change = {"TableName": table, "UpdateExpression": "SET notified_at = :x"}
        change |= {"ExpressionAttributeValues": {":x": {"S": "x"}}}
        # MiniStack checks neither dynamodb:LeadingKeys nor who may publish on a topic of the account;
        # tests/unit/test_notices_template.py looks at the statements.
        client("dynamodb").update_item(Key=notice, **change)
        assert _denied(client("dynamodb").scan, TableName=table)
        assert _denied(client("dynamodb").delete_item, TableName=table, Key=notice)
        assert _denied(client("sqs").receive_message, QueueUrl=team.url)
