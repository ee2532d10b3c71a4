"""The archiver on a table, a bucket, a bus and a queue that moto keeps in memory, and real sockets."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from archiver import app
from justcall.moments import iso
from recordings import links, register
from tests.support import stack
from tests.support.cloud import Cloud
from tests.support.destinations import lambda_records
from tests.support.faults import Context
from tests.support.recordings import MP3
from tests.support.stranger import Stranger, answers

BUCKET = "recordings"
type Run = Callable[[dict[str, Any]], list[dict[str, str]]]


@pytest.fixture
def run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return what takes an event through the queue to the archiver."""
    session = boto3.Session(region_name=stack.REGION)
    session.client("s3").create_bucket(Bucket=BUCKET)
    session.client("events").create_event_bus(Name="bus")
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="archiving")["QueueUrl"]
    for name, value in {
        "EVENT_BUS": "bus",
        "RECORDINGS_BUCKET": BUCKET,
        "RECORDINGS_QUEUE_URL": url,
        "RECORDING_HOSTS": "127.0.0.1",
        "RECORDING_EXPIRY_DAYS": "400",
        "HTTP_TO_LOOPBACK": "yes",
    }.items():
        monkeypatch.setenv(name, value)
    app._setup.cache_clear()

    def send(document: dict[str, Any]) -> list[dict[str, str]]:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(document))
        received = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
        records = {"Records": lambda_records(received["Messages"])}
        return app.handler(records, Context(600_000))["batchItemFailures"]

    yield send
    app._setup.cache_clear()


def event(url: str, received_at: str | None = None) -> dict[str, Any]:
    received_at = received_at or iso(time.time())
    return {
        "source": "urn:justcall-hooks:test",
        "data": {
            "event": {
                "key": "call.completed:c1",
                "type": "call.completed",
                "kind": "call.completed",
                "dialect": "body-signed",
                "at": received_at,
                "received_at": received_at,
                "subjects": ["call:c1"],
                "recording_url": url,
            }
        },
    }


def item(cloud: Cloud) -> dict[str, Any]:
    [found] = cloud.raw(register.partition("call:c1"))
    return found


def test_file_goes_from_a_server_to_the_bucket(cloud: Cloud, run: Run) -> None:
    with Stranger(answers(200, "content-type: text/html\r\n", MP3)) as stranger:
        url = stranger.url
        assert run(event(url)) == []
        assert run(event(url)) == []
        assert len(stranger.heard) == 1
    s3 = boto3.client("s3", region_name=stack.REGION)
    path = f"call/c1/{links.digest_of(url)}"
    got = s3.get_object(Bucket=BUCKET, Key=f"{path}.mp3")
    assert got["Body"].read() == MP3
    assert got["ContentType"] == "audio/mpeg"
    sidecar = json.loads(s3.get_object(Bucket=BUCKET, Key=f"{path}.json")["Body"].read())
    assert sidecar["sha256"] == hashlib.sha256(MP3).hexdigest()
    one = register.recording_of(item(cloud))
    assert (one.phase, one.is_announced) == (register.ARCHIVED, True)


def test_long_file_goes_in_parts(cloud: Cloud, run: Run) -> None:
    long = MP3 + bytes(17 * 2**20)
    with Stranger(answers(200, body=long)) as stranger:
        url = stranger.url
        assert run(event(url)) == []
    s3 = boto3.client("s3", region_name=stack.REGION)
    key = f"call/c1/{links.digest_of(url)}.mp3"
    head = s3.head_object(Bucket=BUCKET, Key=key, PartNumber=1)
    assert (head["PartsCount"], head["ContentLength"]) == (3, 8 * 2**20)
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == long
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


def test_failed_link_of_an_old_event_is_listed_as_failed(cloud: Cloud, run: Run) -> None:
    with Stranger(answers(403)) as stranger:
        assert run(event(stranger.url, "2026-01-01T00:00:00.000Z")) == []
    found = cloud.dynamodb.query(
        TableName=cloud.table,
        IndexName="by_status",
        KeyConditionExpression="cell = :cell",
        ExpressionAttributeValues={":cell": {"S": register.FAILED_CELL}},
    )["Items"]
    assert [one["pk"] for one in found] == [{"S": "recording#call:c1"}]


def test_failed_link_of_a_new_event_comes_again_when_it_is_due(cloud: Cloud, run: Run) -> None:
    with Stranger(answers(404)) as stranger:
        assert len(run(event(stranger.url))) == 1
    assert item(cloud)["phase"] == {"S": register.WAITING}
    again = cloud.sqs.receive_message(
        QueueUrl=cloud.sqs.get_queue_url(QueueName="archiving")["QueueUrl"]
    )
    assert "Messages" not in again, "hidden for 30 seconds"


def test_host_of_a_redirect_that_was_refused_is_kept_for_the_operator(
    cloud: Cloud, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stranger(answers(302, "location: https://cdn.example/a?token\r\n")) as stranger:
        run(event(stranger.url))
    one = register.recording_of(item(cloud))
    assert (one.error, one.host) == ("host-not-allowed", "cdn.example")
    assert "cdn.example" not in "".join(capsys.readouterr())


def test_bucket_that_is_gone_lets_the_message_come_again(cloud: Cloud, run: Run) -> None:
    boto3.client("s3", region_name=stack.REGION).delete_bucket(Bucket=BUCKET)
    with Stranger(answers(200, body=MP3)) as stranger:
        assert len(run(event(stranger.url))) == 1
    assert cloud.raw(register.partition("call:c1")) == []


def test_message_that_is_no_event_comes_again_until_it_is_a_dead_letter(run: Run) -> None:
    assert len(run({"no": "event"})) == 1
