"""The notifier on a table, a topic and a subscribed queue that moto keeps in memory."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from handler.app import handler
from ledger.notices import Notices
from notices.notice import Notice
from notices.topic import Topic
from notifier import app, ports
from published import cloud_event
from tests.support import samples, stack
from tests.support.cloud import Cloud, poll_everything
from tests.support.deliveries import request
from tests.support.missed_calls import LINE, NUMBER, missed, outbound, sms

type Messages = Callable[[], list[dict[str, Any]]]
type Settings = Callable[[str], Messages]
OTHER = "+14155550000"


@pytest.fixture
def settings(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return what sets the notifier up, and returns a reader of what one line's queue got."""

    def make(mode: str) -> Messages:
        session = boto3.Session(region_name=stack.REGION)
        sns, sqs = session.client("sns"), session.client("sqs")
        topic = sns.create_topic(Name="notices")["TopicArn"]
        url = sqs.create_queue(QueueName="team")["QueueUrl"]
        arn = f"arn:aws:sqs:{stack.REGION}:{stack.ACCOUNT}:team"
        policy = json.dumps({"line": [LINE]})
        sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": policy}
        )
        variables = {
            "EVENTS_TABLE": cloud.table,
            "RETENTION_DAYS": "400",
            "NOTICE_TOPIC": topic,
            "NOTICES": mode,
            "NOTICE_CONTENT": "off",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("notifier.instant.MAX_AGE_SECONDS", float("inf"))  # of 2026
        ports.ports.cache_clear()

        def messages() -> list[dict[str, Any]]:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            return [json.loads(one["Body"]) for one in answer.get("Messages", [])]

        return messages

    return make


def happen(cloud: Cloud, *bodies: bytes) -> list[str]:
    """Let events be processed, and the notifier have them; return the messages that failed."""
    for body in bodies:
        assert handler(request(body), None)["statusCode"] == 200
    poll_everything(cloud)
    items = [one for one in _items(cloud) if one["sk"] == {"S": "ledger"}]
    records = [_record(item) for item in items]
    return [
        one["itemIdentifier"]
        for one in app.handler({"Records": records}, None)["batchItemFailures"]
    ]


def _items(cloud: Cloud) -> list[dict[str, Any]]:
    found: Any = cloud.dynamodb.scan(TableName=cloud.table)["Items"]
    return list(found)


def _record(item: dict[str, Any]) -> dict[str, Any]:
    made = cloud_event.build(item, [], "urn:justcall-hooks:test")
    body = {"detail-type": made.kind, "detail": json.loads(made.detail)}
    return {"eventSource": "aws:sqs", "messageId": made.key, "body": json.dumps(body)}


def test_filter_policy_finds_a_line_by_its_attribute(cloud: Cloud, settings: Settings) -> None:
    messages = settings("instant")
    assert happen(cloud, missed(10), missed(11, "m2", to=OTHER), sms(12)) == []
    got = {one["Subject"]: one for one in messages()}
    assert set(got) == {f"Missed call from {NUMBER} to {LINE}", f"Text from {NUMBER} to {LINE}"}
    notice = got[f"Missed call from {NUMBER} to {LINE}"]
    attributes = {name: one["Value"] for name, one in notice["MessageAttributes"].items()}
    assert attributes == {
        "id": "call.missed:m1",
        "notice": "event",
        "kind": "call.missed",
        "number": NUMBER,
        "line": LINE,
    }
    assert notice["Message"].startswith("Missed call\nFrom: ")
    assert "my secret words" not in repr(got)


def test_notice_is_sent_once(cloud: Cloud, settings: Settings) -> None:
    messages = settings("instant")
    for _ in range(2):
        assert happen(cloud, missed(10)) == []
    assert len(messages()) == 1
    [claim] = cloud.raw("notice#call:m1")
    assert claim["event_key"] == {"S": "call.missed:m1"}
    assert {"notified_at", "expires_at"} <= claim.keys()
    assert "cell" not in claim


def test_digest_by_queries_of_the_indexes(cloud: Cloud, settings: Settings) -> None:
    messages = settings("hourly")
    returned = "+14155550009"
    bodies = (
        missed(10),
        missed(20, "m2"),
        missed(10, "m3", from_=returned),
        outbound(15, to=returned),
    )
    assert happen(cloud, *bodies) == []
    assert messages() == []
    assert app.digest_handler({}, None) == {"sent": 1}
    [digest] = messages()
    assert digest["Subject"] == f"2 missed calls not returned to {LINE}"
    assert returned not in digest["Message"]
    assert app.digest_handler({}, None) == {"sent": 0}


def test_topic_that_is_gone_fails_the_message(cloud: Cloud, settings: Settings) -> None:
    settings("instant")
    boto3.client("sns", region_name=stack.REGION).delete_topic(
        TopicArn=f"arn:aws:sns:{stack.REGION}:{stack.ACCOUNT}:notices"
    )
    assert happen(cloud, missed(10)) == ["call.missed:m1"]


def test_no_kind_makes_the_notifier_fail(cloud: Cloud, settings: Settings) -> None:
    settings("instant")
    assert happen(cloud, *(samples.body(one) for one in samples.BY_KIND.values())) == []


def test_longest_notice_fits_sns(cloud: Cloud, settings: Settings) -> None:
    """SNS refuses a subject of 100 characters, and a message over 256 KB."""
    settings("instant")
    from aws import clients  # noqa: PLC0415

    topic = Topic(clients.sns, ports.ports().topic._arn)
    topic.publish(Notice("i", "event", "call.missed", "x" * 99, "y" * 200_000, LINE, LINE, "a"))
    assert isinstance(ports.ports().notices, Notices)
