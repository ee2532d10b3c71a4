"""From the signed POST to the timeline, through every piece of the template."""

import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from justcall import url_signature
from justcall.catalogue import KINDS
from justcall.envelope import read
from justcall.keys import content_hash, event_hash, key_of
from justcall.moments import iso
from justcall.signature import HEADER, sign
from ledger import bodies
from local.place import LocalError
from local.post import Receiver
from tests.e2e.conftest import Stack
from tests.support import url_samples
from tests.support.polling import until
from tests.support.samples import BY_KIND, SECRET

_ID_FIELDS = ("call_id", "message_id", "id")


def fresh(kind: str, **data: object) -> tuple[str, bytes]:
    """Return a payload that was never sent before, with its key."""
    payload = json.loads(json.dumps(BY_KIND[kind]))
    name = next(field for field in _ID_FIELDS if field in payload["data"])
    payload["data"][name] = f"e2e_{uuid.uuid4().hex[:12]}"
    payload["data"].update(data)
    body = json.dumps(payload).encode()
    return key_of(read(body), content_hash(body)), body


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_kept_and_put_on_its_timeline(stack: Stack, kind: str) -> None:
    """A signed event of each kind is answered 200 and ends as one entry on its timeline."""
    key, body = fresh(kind)
    answer = stack.post(body, sign(body, SECRET))
    assert (answer.status, answer.json()) == (200, {"status": "accepted"})
    item = stack.wait_for(key, "processed")
    assert bodies.unpack([item]) == body
    data = json.loads(body)["data"]
    contact = (
        data.get("phone")
        or data.get("contact_number")
        or data["to" if data["direction"] == "outbound" else "from"]
    )
    told = BY_KIND[kind]["event"]
    assert [entry["type"] for entry in stack.timeline(contact) if entry["key"] == key] == [told]


@pytest.mark.parametrize("event_type", ["call.completed", "jc.contact_status_updated"])
def test_the_other_dialect(stack: Stack, event_type: str) -> None:
    """A url-signed delivery that was told to this stack's URL is accepted and acted on, once."""
    payload = url_samples.document(event_type, call_sid=uuid.uuid4().hex, id=uuid.uuid4().hex)
    body = json.dumps(payload).encode()
    url = stack.described["registered_url"]
    timestamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    headers = url_samples.signed(event_type, url=url, timestamp=timestamp)
    with Receiver(stack.described["webhook_url"]) as receiver:
        answers = [receiver.post(body, headers).json()["status"] for _ in range(2)]
        forged = url_samples.signed(event_type, url=url + "/", timestamp=timestamp)
        assert receiver.post(body, forged).status == 401
    assert answers == ["accepted", "duplicate"]
    sent_at = iso(url_signature.sent_at(timestamp))
    envelope = read(body)
    stack.wait_for(key_of(envelope, event_hash(envelope, body, sent_at)), "processed")


def one_text() -> tuple[str, str, bytes]:
    """Return a text from a number of its own, with its key."""
    number = f"+1415{uuid.uuid4().int % 10_000_000:07d}"
    return number, *fresh("sms.received", **{"from": number})


def fifty(stack: Stack, body: bytes) -> Counter[str]:
    """Deliver fifty copies at once; return what was answered."""

    def deliver(_: int) -> str:
        try:
            answer = stack.post(body, sign(body, SECRET))
        except LocalError:
            return "no answer"
        return f"{answer.status} {answer.json()['status']}"

    with ThreadPoolExecutor(50) as pool:
        return Counter(pool.map(deliver, range(50)))


def test_fifty_copies_at_once_are_one_event(stack: Stack) -> None:
    """50 concurrent deliveries of one event: 50 times 200, one ledger item, one timeline entry."""
    cold_number, cold_key, cold = one_text()
    # Fifty interpreters that start at once on two processors may answer later than anybody waits:
    # then all copies come again, as JustCall's would. It is one event all the same.
    until(
        lambda: all(answer.startswith("200 ") for answer in fifty(stack, cold)),
        "fifty functions that have started",
        seconds=120,
    )
    number, key, warm = one_text()
    assert fifty(stack, warm) == {"200 accepted": 1, "200 duplicate": 49}
    assert stack.wait_for(key, "processed")["deliveries"] == {"N": "50"}
    stack.wait_for(cold_key, "processed")
    for text_key, contact in ((key, number), (cold_key, cold_number)):
        assert len(stack.items(f"event#{text_key}")) == 1
        assert len(stack.timeline(contact)) == 1


def test_nothing_unsigned_has_an_effect(stack: Stack) -> None:
    """Unsigned and forged deliveries are refused alike, and nothing of them is in the table."""
    key, body = fresh("call.completed")
    good = sign(body, SECRET)
    for signature in (None, "", "x", sign(body, "a guess"), sign(body + b" ", SECRET)):
        answer = stack.post(body, signature)
        assert (answer.status, answer.json()) == (401, {"status": "unauthorized"})
    assert stack.post(body + b" ", good).status == 401
    assert key.removeprefix("call.completed:") not in stack.everything()


def test_a_body_at_the_limit_is_kept_and_processed(stack: Stack) -> None:
    """A body of 1 MiB that does not compress is kept whole and processed; one byte more is 413."""
    key, small = fresh("sms.received", body="")
    room = 1_048_576 - len(small)
    noise = "".join(uuid.uuid4().hex for _ in range(room // 32 + 1))[:room]
    body = small.replace(b'"body": ""', b'"body": "' + noise.encode() + b'"')
    assert len(body) == 1_048_576
    assert stack.post(body, sign(body, SECRET)).status == 200
    stack.wait_for(key, "processed")
    assert bodies.unpack(stack.items(f"event#{key}")) == body
    assert stack.post(body + b" ", sign(body + b" ", SECRET)).status == 413


def test_what_nobody_can_act_on_is_kept(stack: Stack) -> None:
    """An unknown type is kept as unhandled, unreadable bytes as quarantined."""
    unknown = json.dumps({"event": "call.teleported", "data": {"call_id": uuid.uuid4().hex}})
    unreadable = f"not json {uuid.uuid4().hex}"
    for text, status in ((unknown, "unhandled"), (unreadable, "quarantined")):
        answer = stack.post(text.encode(), sign(text.encode(), SECRET))
        assert (answer.status, answer.json()) == (200, {"status": status})


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/octet-stream", (200, "quarantined")),
        ("application/json", (401, "unauthorized")),
    ],
)
def test_bytes_that_are_not_utf8(
    stack: Stack, content_type: str, expected: tuple[int, str]
) -> None:
    """API Gateway hands bytes over as base64. JSON it hands over as text, which alters the bytes."""
    body = b"\xff" + uuid.uuid4().bytes
    headers = {HEADER: sign(body, SECRET), "content-type": content_type}
    with Receiver(stack.described["webhook_url"]) as receiver:
        answer = receiver.post(body, headers)
    assert (answer.status, answer.json()["status"]) == expected


def test_somebody_is_there(stack: Stack) -> None:
    """GET and HEAD are answered 200: JustCall, or a person, looks whether the URL lives."""
    with Receiver(stack.described["webhook_url"]) as receiver:
        for method in ("GET", "HEAD"):
            assert receiver.look(method).status == 200
