"""Two processes at once, messages that never succeed, and the first deploy, on moto."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from aws import lean
from handler.app import handler
from justcall import keys
from justcall.catalogue import KINDS
from ledger import schema
from secret_writer.app import handler as seed
from tests.support import samples, stack
from tests.support.cloud import Cloud, poll_everything, process
from tests.support.deliveries import request
from tests.support.expected import KEYS

CALL = samples.body(samples.CALL_COMPLETED)
KEY = KEYS["call.completed"]
NUMBER = "+14155559876"


def before_the_first(
    monkeypatch: pytest.MonkeyPatch, client: Any, operation: str, happens: Callable[[], object]
) -> None:
    """Let something happen between our decision to call AWS and the call."""
    real = getattr(client, operation)
    pending = [happens]

    def late(**arguments: Any) -> Any:
        while pending:
            pending.pop()()
        return real(**arguments)

    monkeypatch.setattr(client, operation, late)


def test_interleaved_copies_of_one_message(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second copy is processed while the first one works: one entry, and both are done."""
    handler(request(CALL), None)
    [first] = cloud.receive("call.completed")
    copy = first | {"attributes": first["attributes"] | {"ApproximateReceiveCount": "2"}}
    failed: list[str] = []
    before_the_first(
        monkeypatch,
        cloud.dynamodb,
        "update_item",
        lambda: failed.extend(process("call.completed", copy)),
    )
    assert process("call.completed", first) == []
    assert failed == []
    assert len(cloud.timeline(NUMBER)) == 1
    assert cloud.ledger(KEY)["attempts"] == 2, "the copy was the one that wrote"


def test_two_deliveries_at_once(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender's own repetition overtakes the first delivery: one is new, one is a duplicate."""
    words: list[str] = []
    before_the_first(
        monkeypatch,
        lean.dynamodb(),
        "put_item",
        lambda: words.append(handler(request(CALL), None)["body"]),
    )
    words.append(handler(request(CALL), None)["body"])
    assert [json.loads(word)["status"] for word in words] == ["accepted", "duplicate"]
    assert cloud.queued("call.completed") == 1


def test_step_to_processed_whose_answer_was_lost(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record comes back and finds its event processed."""
    handler(request(CALL), None)
    real = cloud.dynamodb.update_item

    def deaf(**arguments: Any) -> Any:
        real(**arguments)
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    with monkeypatch.context() as lost:
        lost.setattr(cloud.dynamodb, "update_item", deaf)
        assert len(cloud.poll("call.completed")) == 1
    assert cloud.ledger(KEY)["status"] == "processed"
    assert cloud.poll("call.completed") == []
    assert cloud.queued("call.completed") == 0
    assert len(cloud.timeline(NUMBER)) == 1


def test_message_that_never_succeeds_is_a_dead_letter(cloud: Cloud) -> None:
    """Queue and code agree on the number of receives."""
    wrong = samples.body(samples.changed(samples.CALL_COMPLETED, direction="sideways"))
    handler(request(wrong), None)
    receives = stack.properties("CallCompletedQueue")["RedrivePolicy"]["maxReceiveCount"]
    for attempt in range(1, receives + 1):
        assert cloud.ledger(KEY)["status"] == "received"
        assert len(cloud.poll("call.completed")) == 1
        assert cloud.ledger(KEY)["attempts"] == attempt
    assert cloud.ledger(KEY)["status"] == "failed"
    assert cloud.poll("call.completed") == []
    assert cloud.queued("call.completed", dead=True) == 1


def test_large_event_that_is_not_on_the_ledger_fails(cloud: Cloud) -> None:
    """Its message holds no body: there is nothing to put back, and the record says so."""
    document = samples.changed(samples.SMS_RECEIVED, body="\U0001f44d" * 250_000)
    content = json.dumps(document, ensure_ascii=False).encode()
    handler(request(content), None)
    [record] = cloud.receive("sms.received")
    assert json.loads(record["body"])["body"] is None
    key = KEYS["sms.received"]
    for item in cloud.raw(schema.event_partition(key)):
        cloud.dynamodb.delete_item(TableName=cloud.table, Key={"pk": item["pk"], "sk": item["sk"]})
    assert process("sms.received", record) == [record["messageId"]]
    assert cloud.ledger(key) == {}
    assert cloud.timeline(NUMBER) == []


@pytest.mark.parametrize(
    "text", ["\ufffe\uffff", "a\u0000b", "\x1f\x7f\u2028", "👍🏽", "\U0010ffff"]
)
def test_texts_that_sqs_or_dynamodb_might_not_take(cloud: Cloud, text: str) -> None:
    """Whatever characters a person types, they stand on the timeline."""
    content = json.dumps(samples.changed(samples.SMS_RECEIVED, body=text)).encode()
    assert handler(request(content), None)["statusCode"] == 200
    assert cloud.poll("sms.received") == []
    [entry] = cloud.timeline(NUMBER)
    assert entry["text"] == text


def test_indexes_list_each_event_once(cloud: Cloud) -> None:
    """Other content under a key is an event too; parts and consent state are not listed."""
    for kind in KINDS:
        handler(request(samples.body(samples.BY_KIND[kind])), None)
    again = samples.body(samples.CALL_COMPLETED_SHORT)
    handler(request(again), None)
    poll_everything(cloud)
    new_content = keys.with_content(KEYS["call.completed"], keys.content_hash(again))
    partitions = sorted(schema.event_partition(key) for key in (*KEYS.values(), new_content))
    for index in (schema.STATUS_INDEX, schema.TIMELINE_INDEX):
        listed = cloud.dynamodb.scan(TableName=cloud.table, IndexName=index)["Items"]
        assert sorted(item["pk"]["S"] for item in listed) == partitions
        assert {item["sk"]["S"] for item in listed} == {schema.LEDGER}
    stored = [item for item in cloud.items() if not item["pk"].startswith("consent#")]
    assert len(stored) == len(KINDS) + 1


@pytest.mark.parametrize("rotated", [False, True])
def test_seed_writes_the_secret_once(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, rotated: bool
) -> None:
    """A secret without a value gets the parameter's; no later deploy overwrites what is there."""
    monkeypatch.setattr("secret_writer.app.urlopen", lambda *_arguments, **_options: BytesIO())
    created = cloud.secretsmanager.create_secret(Name="fresh")
    event = {
        "RequestType": "Create",
        "ResponseURL": "https://example.com",
        "StackId": "stack",
        "RequestId": "6f2c1d3e-0000-4000-8000-000000000000",
        "LogicalResourceId": "SecretSeed",
        "ResourceProperties": {"SecretArn": created["ARN"], "Value": "first"},
    }
    seed(event, None)
    if rotated:
        cloud.secretsmanager.put_secret_value(SecretId="fresh", SecretString="rotated")
    changed = {"SecretArn": created["ARN"], "Value": "second"}
    seed(event | {"RequestType": "Update", "ResourceProperties": changed}, None)
    found = cloud.secretsmanager.get_secret_value(SecretId="fresh")["SecretString"]
    assert found == ("rotated" if rotated else "first")
