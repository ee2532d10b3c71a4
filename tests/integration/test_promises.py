"""The promise of the design, from the request to the timeline, on tables made from template.yaml."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws import lean
from handler.app import handler
from justcall.catalogue import KINDS
from justcall.keys import content_hash
from ledger.bodies import unpack
from tests.support import url_samples
from tests.support.bug import mend
from tests.support.cloud import Cloud, process
from tests.support.deliveries import request, signed
from tests.support.records import message_of, record, record_of
from tests.support.samples import BY_KIND, CALL_COMPLETED, SMS_OPTOUT, SMS_RECEIVED, body, changed

KEY = "call.completed:call_8f3a2b1c"


def post(content: bytes, headers: dict[str, str] | None = None, **options: Any) -> tuple[int, str]:
    """Deliver a body; return the status and the word."""
    answer = handler(request(content, headers, **options), None)
    return answer["statusCode"], json.loads(answer["body"])["status"]


def minutes_ago(minutes: float) -> str:
    moment = datetime.now(UTC) - timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reaches_its_timeline(cloud: Cloud, kind: str) -> None:
    """A signed event is kept, sent, acted on once, and stands on its contact's timeline."""
    assert post(body(BY_KIND[kind])) == (200, "accepted")
    assert cloud.queued(kind) == 1
    assert cloud.poll(kind) == []
    [(key, status)] = cloud.statuses().items()
    assert status == "processed"
    data = BY_KIND[kind]["data"]
    contact = (
        data.get("phone")
        or data.get("contact_number")
        or data["to" if data["direction"] == "outbound" else "from"]
    )
    [entry] = cloud.timeline(contact)
    told = BY_KIND[kind]["event"]
    assert (entry["key"], entry["type"], entry["number"]) == (key, told, contact)


def test_the_timeline_is_in_the_order_of_event_times(cloud: Cloud) -> None:
    """What happened first stands first, whichever came first."""
    late = changed(SMS_RECEIVED, message_id="late") | {"timestamp": "2026-03-12T15:00:00Z"}
    early = changed(SMS_RECEIVED, message_id="early") | {"timestamp": "2026-03-12T14:00:00+01:00"}
    for document in (late, early):
        post(body(document))
        cloud.poll("sms.received")
    assert [one["key"] for one in cloud.timeline("+14155559876")] == [
        "sms.received:early",
        "sms.received:late",
    ]


def test_a_message_that_comes_twice_acts_once(cloud: Cloud) -> None:
    """The second copy of a message finds its event processed and leaves no second entry."""
    post(body(CALL_COMPLETED))
    [one] = cloud.receive("call.completed")
    assert process("call.completed", one, one | {"messageId": "again"}) == []
    assert len(cloud.timeline("+14155559876")) == 1


def test_a_lost_put_answer_is_no_duplicate(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A put that took effect while its answer was lost is sent, not taken for a delivery before."""
    real = lean.dynamodb().put_item

    def twice(**arguments: Any) -> Any:
        real(**arguments)
        return real(**arguments)  # the client's own second attempt

    monkeypatch.setattr(lean.dynamodb(), "put_item", twice)
    assert post(body(CALL_COMPLETED)) == (200, "accepted")
    assert cloud.queued("call.completed") == 1


def test_a_delivery_that_died_before_its_send_is_sent_by_the_next(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 while the queue refuses; the delivery that comes later sends what was only kept."""
    refused = ClientError({"Error": {"Code": "Throttled", "Message": ""}}, "SendMessage")
    with monkeypatch.context() as broken:

        def refuse(**_: Any) -> None:
            raise refused

        broken.setattr(lean.sqs(), "send_message", refuse)
        assert post(body(CALL_COMPLETED)) == (503, "unavailable")
    assert post(body(CALL_COMPLETED)) == (200, "duplicate")
    assert cloud.queued("call.completed") == 0  # too young: the first may still be at work
    cloud.predate(KEY, minutes_ago(1))
    assert post(body(CALL_COMPLETED)) == (200, "duplicate")
    assert cloud.queued("call.completed") == 1
    assert post(body(CALL_COMPLETED)) == (200, "duplicate")
    assert cloud.queued("call.completed") == 1  # it was sent just now
    assert cloud.ledger(KEY)["deliveries"] == 4


def test_other_content_under_the_same_key_is_an_event_of_its_own(cloud: Cloud) -> None:
    """It changes nothing of the first, is kept whole, once, and both are acted on."""
    first, second = body(CALL_COMPLETED), body(changed(CALL_COMPLETED, duration=1))
    assert post(first) == (200, "accepted")
    assert [post(second), post(second)] == [(200, "accepted"), (200, "duplicate")]
    again = f"{KEY}:{content_hash(second)[:16]}"
    kept = [unpack(cloud.raw(f"event#{key}")) for key in (KEY, again)]
    assert kept == [first, second]
    assert cloud.ledger(KEY)["deliveries"] == 1
    assert cloud.poll("call.completed") == []
    assert set(cloud.statuses().values()) == {"processed"}


def test_authentic_content_takes_the_key_of_an_invented_one_over(cloud: Cloud) -> None:
    """What only its URL, type and time are signed for becomes evidence, off every timeline."""
    first, second = body(changed(CALL_COMPLETED, from_="+14155550111")), body(CALL_COMPLETED)
    headers = url_samples.signed("call.completed")
    assert post(first, headers) == (200, "accepted")
    assert cloud.poll("call.completed") == []
    assert [post(second), post(second)] == [(200, "accepted"), (200, "duplicate")]
    assert post(first, headers) == (200, "conflict")
    assert cloud.poll("call.completed") == []
    assert cloud.timeline("+14155550111") == []
    assert len(cloud.timeline("+14155559876")) == 1
    assert [unpack([item]) for item in cloud.raw(f"event#{KEY}")] == [first, second]


def test_a_poison_record_fails_alone(cloud: Cloud) -> None:
    """Whatever else lies in a batch, the good record commits."""
    post(body(CALL_COMPLETED))
    [good] = cloud.receive("call.completed")
    poison = [record(text, "call.completed") for text in ("", "[]", "{", '{"key": 1}', "null")]
    other = record_of(message_of(body(SMS_RECEIVED)))
    failed = process("call.completed", *poison, good, other)
    assert failed == [*(one["messageId"] for one in poison), other["messageId"]]
    assert cloud.ledger(KEY)["status"] == "processed"


def test_last_failure_makes_an_event_failed_and_a_later_success_processed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redrive may still process it."""
    wrong = changed(CALL_COMPLETED, direction="sideways")
    post(body(wrong))
    [one] = cloud.receive("call.completed")
    for receives, status in ((1, "received"), (5, "failed")):
        one["attributes"]["ApproximateReceiveCount"] = str(receives)
        assert process("call.completed", one) == [one["messageId"]]
        item = cloud.ledger(KEY)
        assert (item["status"], item["attempts"]) == (status, receives)
        assert item["error"] == "model-refused"
    mend(monkeypatch)
    assert process("call.completed", one) == []
    item = cloud.ledger(KEY)
    assert item["status"] == "processed"
    assert "error" not in item


def test_a_failure_never_undoes_processed(cloud: Cloud) -> None:
    """A late copy that fails leaves the event as it is."""
    post(body(CALL_COMPLETED))
    cloud.poll("call.completed")
    own = cloud.ledger(KEY)["delivery_id"]
    wrong = message_of(body(changed(CALL_COMPLETED, direction="sideways")))
    late = wrong._replace(delivery_id=own)
    assert process("call.completed", record_of(late, receives=5)) != []
    assert cloud.ledger(KEY)["status"] == "processed"


def test_a_missing_ledger_item_is_put_back(cloud: Cloud) -> None:
    """The message holds the whole event, so a table restored to an earlier time is mended."""
    post(body(CALL_COMPLETED))
    before = cloud.ledger(KEY)
    cloud.forget(KEY)
    assert cloud.poll("call.completed") == []
    after = cloud.ledger(KEY)
    assert after["status"] == "processed"
    assert after["body_hash"] == before["body_hash"]
    assert len(cloud.timeline("+14155559876")) == 1


@pytest.mark.parametrize("size", [500_000, 1_048_576])
@pytest.mark.parametrize("alphabet", [b"a", bytes(range(48, 91)).replace(b"\\", b"")])
def test_large_bodies_are_kept_and_processed(cloud: Cloud, size: int, alphabet: bytes) -> None:
    """Up to 1 MiB, shrinking or not, a body is kept whole and acted on."""
    empty = json.dumps(changed(SMS_RECEIVED, body="")).encode()
    room = size - len(empty)
    noise = bytes(alphabet[byte % len(alphabet)] for byte in os.urandom(room))
    content = empty.replace(b'"body": ""', b'"body": "' + noise + b'"')
    assert post(content) == (200, "accepted")
    assert post(content) == (200, "duplicate")
    conflict = content.replace(b"inbound", b"Inbound")
    assert post(conflict, url_samples.signed("sms.received")) == (200, "conflict")
    assert cloud.poll("sms.received") == []
    items = cloud.raw("event#sms.received:msg_a1b2c3d4")
    heads = [item for item in items if not item["sk"]["S"].startswith("part#")]
    wholes = [
        [
            head,
            *(
                one
                for one in items
                if head["body_hash"]["B"].hex() in one["sk"]["S"] and one is not head
            ),
        ]
        for head in heads
    ]
    assert [unpack(whole) for whole in wholes] == [conflict, content]
    [entry] = cloud.timeline("+14155559876")
    assert entry.get("left_out", ["text"]) == ["text"]


def test_what_nobody_can_act_on_is_kept_and_not_sent(cloud: Cloud) -> None:
    """Unknown types are unhandled, unreadable bytes quarantined; both keep their body."""
    unknown = b'{"event": "call.teleported", "data": {"call_id": "c1"}}'
    assert post(unknown) == (200, "unhandled")
    assert post(b"\xff\xfe", base64_encoded=True) == (200, "quarantined")
    assert sorted(cloud.statuses().values()) == ["quarantined", "unhandled"]
    assert all(cloud.queued(kind) == 0 for kind in KINDS)


def test_nothing_unsigned_has_an_effect(cloud: Cloud) -> None:
    """Not a row, not a message: unsigned, forged, too large, undecodable; nor does a probe."""
    content = body(CALL_COMPLETED)
    assert post(content, headers={}) == (401, "unauthorized")
    assert post(content, headers=signed(content, secret="a guess")) == (401, "unauthorized")
    assert post(content, headers={"x-justcall-signature": "x"}) == (401, "unauthorized")
    assert post(b" " * 1_048_577) == (413, "body too large")
    broken = request(content) | {"isBase64Encoded": True, "body": "%"}
    assert handler(broken, None)["statusCode"] == 400
    for probe in (b'{"event": "call.completed"}', b'{"type": "x", "webhook_url": "u", "data": {}}'):
        assert post(probe, headers={}) == (200, "probe")
        assert post(probe, headers=signed(probe))[0] == 200
    assert cloud.items() == []


def test_the_secret_in_aws_decides(cloud: Cloud) -> None:
    """The previous secret passes after a rotation; without any secret it is 503, never 200."""
    name = cloud.secretsmanager.list_secrets()["SecretList"][0]["ARN"]
    cloud.secretsmanager.put_secret_value(SecretId=name, SecretString="newer")
    content = body(CALL_COMPLETED)
    assert post(content) == (200, "accepted")
    assert post(content, headers=signed(content, secret="newer")) == (200, "duplicate")
    assert post(content, headers=signed(content, secret="oldest")) == (401, "unauthorized")


def test_event_and_its_timeline_entry_expire_together(cloud: Cloud) -> None:
    """They are one item. The history of consent never expires."""
    post(body(CALL_COMPLETED))
    cloud.poll("call.completed")
    item = cloud.ledger(KEY)
    assert "entry" in item
    days = (item["expires_at"] - datetime.now(UTC).timestamp()) / 86_400
    assert days == pytest.approx(float(os.environ["RETENTION_DAYS"]), abs=0.1)
    post(body(SMS_OPTOUT))
    cloud.poll("consent.changed")
    state = [one for one in cloud.items() if one["pk"].startswith("consent#")]
    assert len(state) == 1
    assert "expires_at" not in state[0]
