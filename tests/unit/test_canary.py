"""No log line holds anything that the sender chose: no body, number, name, secret or signature.

Events full of unmistakable strings go down every path, the failing ones first of all, with every
logger at DEBUG. What was written is then searched for the strings.
"""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aws import clients
from handler.app import handler
from justcall.catalogue import KINDS
from justcall.signature import sign
from ledger.events import Ledger
from tests.support import acting, samples, stack, url_samples
from tests.support.cloud import process
from tests.support.deliveries import request, signed
from tests.support.fakes import FakePorts, StubClient, aws_error
from tests.support.faults import World, throttled
from tests.support.records import message_of, record, record_of
from tests.unit.conftest import Written

WORD = "CANARY"
NUMBER = "+15005550199"
ADDRESS = "bird@cage.example.com"
CANARIES = [WORD, NUMBER, NUMBER[1:], ADDRESS, samples.SECRET, "recordings.justcall.io"]


def full(document: samples.Document, **changes: Any) -> samples.Document:
    """Return a document with a canary in every field that takes one, and in some that nobody knows."""
    data = {
        name: NUMBER if name in ("from", "to", "phone") else f"{WORD} {name}"
        for name, value in document["data"].items()
        if isinstance(value, str) and name != "direction"
    }
    unknown = {f"{WORD}_field": {WORD: [WORD, NUMBER]}, "contact_email": ADDRESS}
    return samples.changed(document, **{**data, **unknown, **changes})


CALL = samples.body(full(samples.CALL_COMPLETED))


class Listener:
    """Hears everything: standard output and error, and every record of every logger."""

    def __init__(self, written: Written, caplog: pytest.LogCaptureFixture) -> None:
        self._written = written
        self._caplog = caplog

    def heard(self) -> str:
        form = logging.Formatter("%(name)s %(message)s").format
        records = [f"{form(one)} {vars(one)}" for one in self._caplog.records]
        self._caplog.clear()
        return "\n".join([self._written.text(), *records])

    def hears_no_canary(self) -> None:
        """Check that something was written, and no canary in it."""
        heard = self.heard()
        assert '"level"' in heard, "nothing was logged, so nothing was tested"
        assert [canary for canary in CANARIES if canary in heard] == []


@pytest.fixture
def listener(written: Written, caplog: pytest.LogCaptureFixture) -> Iterator[Listener]:
    caplog.set_level(logging.INFO, logger="botocore")  # its DEBUG quotes requests; nobody sets it
    caplog.set_level(logging.DEBUG)
    powertools = logging.getLogger("aws_lambda_powertools")
    before = powertools.level, powertools.propagate
    powertools.setLevel(logging.DEBUG)
    powertools.propagate = True
    yield Listener(written, caplog)
    powertools.level, powertools.propagate = before


def test_the_listener_hears(listener: Listener) -> None:
    """A canary in a message, an extra field, an exception or Powertools' own log would be heard."""
    from aws import observability  # noqa: PLC0415

    for field in ({"notes": WORD}, {"number": NUMBER}):
        observability.log("info", "processed", **field)
        with pytest.raises(AssertionError):
            listener.hears_no_canary()
    logging.getLogger("aws_lambda_powertools.utilities.batch.base").debug(WORD)
    assert WORD in listener.heard()
    print(ADDRESS)  # noqa: T201
    assert ADDRESS in listener.heard()


# ------------------------------------------------------------ the handler

QUOTING = aws_error("ValidationException", Item={"text": {"S": CALL.decode()}})
QUOTING.response["Error"]["Message"] = CALL.decode()


def _raise(error: Exception) -> Callable[..., Any]:
    def call(*_arguments: Any, **_options: Any) -> Any:
        raise error

    return call


def _ledger(error: Exception) -> Callable[[FakePorts], None]:
    """Return what puts a ledger under the ports whose table answers with an error."""

    def change(ports: FakePorts) -> None:
        client: Any = StubClient(put_item=error, transact_write_items=error, update_item=error)
        ports.ledger = Ledger(lambda: client, "events", 400)  # type: ignore[assignment]

    return change


FAILING: dict[str, Callable[[FakePorts], None]] = {
    "nothing": lambda _ports: None,
    "no secret": lambda ports: ports.secrets.lost.append("usable"),
    "an error of AWS that quotes the item": _ledger(QUOTING),
    "an unexpected error that quotes the body": _ledger(ValueError(CALL.decode())),
    "an unexpected queue": lambda ports: setattr(ports.queues, "send", _raise(KeyError(WORD))),
}
SENT: dict[str, bytes] = {
    "an event": CALL,
    "an unknown type": samples.body(full(samples.UNKNOWN_TYPE)),
    "half a document": CALL[:-20],
    "a list": json.dumps([WORD, NUMBER]).encode(),
    "a type that is none": json.dumps({"event": f"{WORD} {NUMBER}", "data": {"a": 1}}).encode(),
    "no text": CALL + b"\xff",
    "a probe": json.dumps({"type": "call.completed", "webhook_url": f"https://{WORD}"}).encode(),
    "a number as an id": samples.body(full(samples.SMS_RECEIVED, message_id=NUMBER)),
    "an address as an id": samples.body(full(samples.SMS_RECEIVED, message_id=ADDRESS)),
    "a name as an id": samples.body(full(samples.SMS_RECEIVED, message_id=f"{WORD} Person")),
    "too much": CALL * 4000,
}


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> FakePorts:
    fakes = FakePorts()
    monkeypatch.setattr("handler.app._ports", lambda: fakes.ports())
    return fakes


@pytest.mark.parametrize("fail", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("content", SENT.values(), ids=SENT)
def test_handler(
    listener: Listener, ports: FakePorts, content: bytes, fail: Callable[[FakePorts], None]
) -> None:
    """Signed or not, the first time and again, with everything that can fail failing."""
    fail(ports)
    forged = {"x-justcall-signature": f"{WORD}{NUMBER}"}
    for headers in (None, None, {}, forged, signed(content, secret=WORD)):
        handler(request(content, headers, base64_encoded=True), None)
        listener.hears_no_canary()
    handler(request(CALL) | {"body": f"{WORD} no base64", "isBase64Encoded": True}, None)
    listener.hears_no_canary()


def test_conflict(listener: Listener, ports: FakePorts) -> None:
    headers = [None, None, url_samples.signed("call.completed")]
    for number, one in enumerate(headers):
        notes = f"{WORD} {number}"
        content = samples.body(full(samples.CALL_COMPLETED, call_id="c1", notes=notes))
        handler(request(content, one), None)
    assert (len(ports.ledger.events), len(ports.ledger.evidence)) == (2, 1)
    listener.hears_no_canary()


def test_no_signature_is_told(listener: Listener, ports: FakePorts) -> None:
    """Who reads the log cannot send what somebody else has signed."""
    handler(request(CALL), None)
    assert sign(CALL, samples.SECRET) not in listener.heard()


# ------------------------------------------------------------ the processors

ERRORS: dict[str, Any] = {
    "none": {},
    "an error of AWS that quotes the item": QUOTING,
    "an unexpected error that quotes the body": ValueError(CALL.decode()),
    "an error with another cause": aws_error("ThrottlingException"),
    "no ledger item": aws_error("ConditionalCheckFailedException"),
    "processed before": aws_error("ConditionalCheckFailedException", Item={"t": {"S": WORD}}),
}


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> StubClient:
    client = StubClient()
    tables = acting.tables_on(client)
    monkeypatch.setattr("messaging.consumer._tables", lambda: tables)
    return client


@pytest.mark.parametrize("recording", [{}, QUOTING], ids=["recorded", "not recorded"])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("kind", KINDS)
def test_processors(
    listener: Listener, dynamodb: StubClient, kind: str, error: Any, recording: Any
) -> None:
    """Whatever the table answers, whether the failure can be recorded or not."""

    def update(**arguments: Any) -> Any:
        processes = ":entry" in arguments["ExpressionAttributeValues"]
        return error if processes else recording

    dynamodb.answers = {"update_item": update, "put_item": recording}
    process(kind, record_of(message_of(samples.body(full(samples.BY_KIND[kind])))))
    listener.hears_no_canary()


IDS = {"call_id", "call_sid", "message_id", "voicemail_id", "contact_id", "appointment_id", "id"}
WRONG = [{}, [WORD], {WORD: WORD}, True, 1.5, -1, f"{WORD} text", None]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("dynamodb")
def test_refused_models(listener: Listener, kind: str, wrong: Any) -> None:
    """Whatever stands in a field that does not fit it, only the field's name is told."""
    document = full(samples.BY_KIND[kind])
    for name in document["data"].keys() - IDS:  # a list of one id is that id, and ids are logged
        process(
            kind, record_of(message_of(samples.body(samples.changed(document, **{name: wrong}))))
        )
    listener.hears_no_canary()


@pytest.mark.parametrize("text", [CALL.decode(), WORD, json.dumps({"key": WORD}), f'"{NUMBER}"'])
@pytest.mark.usefixtures("dynamodb")
def test_poison(listener: Listener, text: str) -> None:
    """A record that is none of ours is not quoted."""
    assert len(process("call.completed", record(text, "call.completed"))) == 1
    listener.hears_no_canary()


@pytest.mark.usefixtures("dynamodb")
def test_body_that_is_no_event(listener: Listener) -> None:
    """A message of ours around a body that is no event is not quoted either."""
    message = message_of(samples.body(samples.CALL_COMPLETED))
    assert len(process("call.completed", record_of(message._replace(body=f"{{{WORD}")))) == 1
    listener.hears_no_canary()


# ------------------------------------------------------------ the sweeper


def test_sweeper(listener: Listener, deployed: World) -> None:
    """Events that it sends, buries and gives up, and poison among the dead letters."""
    deployed.deliver(CALL)
    for text in (WORD, CALL.decode(), NUMBER):
        clients.sqs().send_message(QueueUrl=stack.queue_url("DeadLetterQueue"), MessageBody=text)
    [message] = deployed.backend.receive("call.completed")
    deployed.backend.delete("call.completed", message)
    deployed.clock.now += 100
    assert deployed.sweep() == {"resent": 1, "stuck": 0, "buried": 0}
    listener.hears_no_canary()
    deployed.wire.standing = lambda one: throttled if one.operation == "SendMessage" else None
    deployed.clock.now += 1000
    assert deployed.sweep() is None
    listener.hears_no_canary()
