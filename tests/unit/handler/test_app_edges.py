"""What the handler tells of an event and of a failure: one line, one count, no more."""

import time
from typing import Any

import pytest

from errors import LedgerUnavailable
from handler import app
from handler.app import handler
from tests.support.deliveries import request, signed
from tests.support.fakes import FakePorts, aws_error
from tests.support.samples import CALL_COMPLETED, CALL_MISSED, SECRET, body
from tests.unit.conftest import Written

BODY = body(CALL_COMPLETED)


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> FakePorts:
    fakes = FakePorts()
    monkeypatch.setattr(app, "_ports", fakes.ports)
    return fakes


def told(written: Written, event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of one request, without what is the same in all: time, service, level."""
    handler(event, None)
    return written.lines()


def test_an_event_is_one_line(ports: FakePorts, written: Written) -> None:
    """It holds the metrics and all that there is to say."""
    [line] = told(written, request(BODY))
    request_id = request(BODY)["requestContext"]["requestId"]
    assert (line["level"], line["message"]) == ("INFO", "accepted")
    assert (line["event_key"], line["chars"]) == ("call.completed:call_8f3a2b1c", len(BODY))
    assert line["request_id"] == request_id
    assert line["Accepted"] == [1.0]
    assert "SignatureMismatch" not in line
    [latency] = line["HandlerLatency"]
    assert 0 <= latency < 8000
    assert "reason" not in line


def test_what_is_kept_for_nobody_says_why(ports: FakePorts, written: Written) -> None:
    """Quarantined bytes are counted with the reason."""
    [line] = told(written, request(b"nonsense"))
    assert (line["message"], line["reason"], line["Quarantined"]) == (
        "quarantined",
        "not-json",
        [1.0],
    )


def test_a_probe_is_no_signature(ports: FakePorts, written: Written) -> None:
    """It counts neither for nor against the share of signatures that are right."""
    [line] = told(written, request(b'{"event": "call.completed"}', {}))
    assert line["Probe"] == [1.0]
    assert "SignatureMismatch" not in line
    assert "event_key" not in line


@pytest.mark.parametrize(
    ("headers", "reason", "mismatch"),
    [
        ({}, "signature-missing", None),
        ({"x-justcall-signature": "x"}, "signature-malformed", None),
        (signed(BODY, secret="a guess"), "signature-mismatch", [1.0]),
    ],
)
def test_a_refusal_says_why(
    ports: FakePorts, written: Written, headers: dict[str, str], reason: str, mismatch: Any
) -> None:
    """To the operator alone; only a wrong signature counts as one."""
    [line] = told(written, request(BODY, headers))
    assert line["Refused"] == [1.0]
    assert line.get("SignatureMismatch") == mismatch
    assert 0 <= line["HandlerLatency"][0] < 8000
    assert (line["level"], line["message"], line["reason"]) == ("WARNING", "refused", reason)
    assert line["request_id"] == request(BODY)["requestContext"]["requestId"]
    assert line["chars"] == len(BODY)
    assert "error" not in line


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        (LedgerUnavailable(), "ledger-unavailable", "LedgerUnavailable"),
        (aws_error("ThrottlingException"), "unexpected", "ThrottlingException"),
        (ZeroDivisionError("a name"), "unexpected", "ZeroDivisionError"),
    ],
    ids=repr,
)
def test_a_failure_says_why_and_where(
    ports: FakePorts,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason: str,
    code: str,
) -> None:
    """Whatever it is, known to us or not: its class or AWS's code, its place, and no text."""

    def fail(_event: object) -> None:
        raise error

    monkeypatch.setattr(ports.ledger, "keep", fail)
    [line] = told(written, request(BODY))
    assert line["Unavailable"] == [1.0]
    assert "SignatureMismatch" not in line
    assert (line["message"], line["reason"], line["error"]) == ("unavailable", reason, code)
    assert line["error_place"].startswith("test_app_edges.py:")


def test_a_request_without_a_body_has_no_length(ports: FakePorts, written: Written) -> None:
    """API Gateway leaves it out, or says that there is none."""
    [line] = told(written, request(BODY) | {"body": None})
    assert line["chars"] == 0


def test_every_delivery_has_a_name_of_its_own(ports: FakePorts) -> None:
    """Two deliveries of the same bytes are two, and each is known by its time."""
    before = time.time()
    for content in (BODY, body(CALL_MISSED)):
        handler(request(content), None)
    one, other = ports.ledger.events.values()
    assert one.delivery_id
    assert one.delivery_id != other.delivery_id
    assert before <= one.received_at <= other.received_at <= time.time()


def test_a_rotation_is_seen_in_the_metrics(
    monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    """A delivery with the previous secret is counted as one; with the current it is not."""
    fakes = FakePorts("newer", SECRET)
    monkeypatch.setattr(app, "_ports", fakes.ports)
    [line] = told(written, request(BODY))
    assert (line["reason"], line["PreviousSecret"], line["Accepted"]) == (
        "previous-secret",
        [1.0],
        [1.0],
    )
    [line] = told(written, request(BODY, signed(BODY, secret="newer")))
    assert "PreviousSecret" not in line
