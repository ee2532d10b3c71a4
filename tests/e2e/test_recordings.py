"""From a call to its file in the bucket, through the rule, the archiver, S3 and the program."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from justcall.signature import sign
from recordings import register
from tests.e2e.conftest import Stack
from tests.e2e.switching import switch
from tests.e2e.test_hooks import documents, hooks
from tests.e2e.test_path import fresh
from tests.e2e.test_rights import _denied, _physical_id, _with_role
from tests.support.polling import until
from tests.support.samples import SECRET
from tests.support.stranger import Stranger, answers

# Two parts of an upload.
FILE = b"ID3\x04" + bytes(9 * 2**20)


@pytest.fixture(scope="module")
def recordings(stack: Stack) -> Iterator[str]:
    """Switch recordings on; return the name of their nested stack."""
    switch(stack, Recordings="local", RecordingHosts="127.0.0.1")
    bus = _physical_id(stack, stack.described["stack_name"], "Bus")
    name = _physical_id(stack, bus, "RecordingsStack")
    described = stack.place.stack_file.read_text()
    bucket = _physical_id(stack, name, "Bucket")
    stack.place.stack_file.write_text(
        json.dumps(json.loads(described) | {"recordings_bucket": bucket})
    )
    yield name
    stack.place.stack_file.write_text(described)
    switch(stack, Recordings="off")
    with pytest.raises(ClientError):
        _physical_id(stack, bus, "RecordingsStack")
    # MiniStack deletes the bucket with its nested stack, whatever its DeletionPolicy says.


def phases(stack: Stack, call: str) -> list[str]:
    return [one["phase"]["S"] for one in stack.items(register.partition(f"call:{call}"))]


def test_recording_is_kept_and_can_be_had(stack: Stack, recordings: str, tmp_path: Path) -> None:
    with Stranger(answers(200, body=FILE)) as stranger:
        key, content = fresh("call.completed", recording_url=stranger.url)
        assert stack.post(content, sign(content, SECRET)).status == 200
        call = key.partition(":")[2]
        until(lambda: phases(stack, call) == [register.ARCHIVED], "the recording to be archived")
        assert len(stranger.heard) == 1
    assert "X-Amz-Signature=" in hooks(stack, "recording", key)
    file = tmp_path / "call.mp3"
    hooks(stack, "recording", key, "--save", str(file))
    assert file.read_bytes() == FILE
    [one] = documents(stack, "show", key)["recordings"]
    assert (one["state"], one["bytes"]) == (register.ARCHIVED, len(FILE))
    s3, bucket = stack.client("s3"), one["bucket"]
    sidecar = json.loads(s3.get_object(Bucket=bucket, Key=one["sidecar_key"])["Body"].read())
    assert (sidecar["event_key"], sidecar["sha256"]) == (key, one["sha256"])
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    public = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(public.values()) == {True}


def test_link_that_fails_waits_and_says_why(stack: Stack, recordings: str) -> None:
    with Stranger(answers(403)) as stranger:
        key, content = fresh("call.completed", recording_url=stranger.url)
        assert stack.post(content, sign(content, SECRET)).status == 200
        call = key.partition(":")[2]
        until(lambda: phases(stack, call) == [register.WAITING], "the recording to wait")
        assert "waiting, status-403" in hooks(stack, "recording", key, code=1)
        stranger.say = answers(200, body=FILE)
        # Tried again after 30 seconds.
        until(lambda: phases(stack, call) == [register.ARCHIVED], "the second attempt", 90)


def test_archiver_can_only_write_files(stack: Stack, recordings: str) -> None:
    client = _with_role(stack, recordings, "ArchiverFunction")
    table, bucket = stack.described["events_table"], _physical_id(stack, recordings, "Bucket")
    item = {"pk": {"S": "recording#call:x"}, "sk": {"S": "x"}}
    # MiniStack does not check dynamodb:LeadingKeys; tests/unit/test_recordings_template.py does.
    client("dynamodb").get_item(TableName=table, Key=item)
    assert _denied(client("dynamodb").scan, TableName=table)
    assert _denied(client("dynamodb").delete_item, TableName=table, Key=item)
    client("s3").put_object(Bucket=bucket, Key="x", Body=b"x")
    assert _denied(client("s3").get_object, Bucket=bucket, Key="x")
    assert _denied(client("s3").delete_object, Bucket=bucket, Key="x")
    assert _denied(client("s3").list_objects_v2, Bucket=bucket)
    queue = stack.described["queues"]["call.completed"]
    assert _denied(client("sqs").send_message, QueueUrl=queue, MessageBody="x")
    own = stack.described["secret_arn"]
    assert _denied(client("secretsmanager").get_secret_value, SecretId=own)
