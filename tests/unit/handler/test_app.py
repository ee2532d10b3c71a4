"""The HTTP edge: API Gateway's event in, an answer out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from aws import emf
from aws.deadline import Deadline
from errors import HooksError, LedgerUnavailable
from handler.answers import status_of
from handler.app import handler
from handler.receive import Ports
from tests.support import samples
from tests.support.deliveries import request, signed
from tests.support.expected import AFTER, HTTP
from tests.support.fakes import FakePorts
from tests.support.make_events import EVENTS

BODY = samples.body(samples.CALL_COMPLETED)

type Serve = Callable[[FakePorts], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Return what puts fakes behind the handler, instead of the ports that settings make."""

    def behind(fakes: FakePorts) -> None:
        monkeypatch.setattr("handler.app._ports", fakes.ports)

    return behind


@pytest.fixture
def ports(serve: Serve) -> FakePorts:
    fakes = FakePorts()
    serve(fakes)
    return fakes


def answer_to(event: dict[str, Any]) -> tuple[int, str]:
    answer = handler(event, None)
    assert answer["headers"] == {"content-type": "application/json", "cache-control": "no-store"}
    return answer["statusCode"], json.loads(answer["body"])["status"]


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "http" / f"{name}.json").read_text())
    return event


@pytest.mark.parametrize("name", HTTP)
@pytest.mark.usefixtures("ports")
def test_samples(name: str) -> None:
    """Every sample request is answered as events/README.md says, the first time and again."""
    assert answer_to(sample(name)) == (HTTP[name].status, HTTP[name].word)
    assert answer_to(sample(name)) == (HTTP[name].status, HTTP[name].again)


@pytest.mark.parametrize(("first", "second"), AFTER)
@pytest.mark.usefixtures("ports")
def test_samples_that_follow_another(first: str, second: str) -> None:
    """Some samples are answered by what came before."""
    handler(sample(first), None)
    assert answer_to(sample(second)) == (200, AFTER[first, second])


@pytest.mark.parametrize("header", ["x-justcall-signature", "X-JustCall-Signature", "X-JUSTCALL-SIGNATURE"])  # fmt: skip
@pytest.mark.usefixtures("ports")
def test_header_names_in_any_case(header: str) -> None:
    """API Gateway lowers names; a test tool may not."""
    [value] = signed(BODY).values()
    assert answer_to(request(BODY, {header: value})) == (200, "accepted")


@pytest.mark.parametrize("content", [BODY, "Grüße 👍".encode(), b"\xff\x00\xfe"])
def test_base64_bodies_are_decoded_before_they_are_verified(
    ports: FakePorts, content: bytes
) -> None:
    """The signature is over the bytes that were sent, however they came to us."""
    event = request(content, base64_encoded=True)
    assert answer_to(event)[0] == 200
    [kept] = ports.ledger.events.values()
    assert kept.body == content


@pytest.mark.parametrize("text", ["=", "a", "not base64!", "YQ==YQ==", "Ä", "YQ", " YQ=="])
def test_base64_that_is_none_is_refused(ports: FakePorts, text: str) -> None:
    """API Gateway does not send that; nobody else has anything to say here."""
    event = request(BODY) | {"body": text, "isBase64Encoded": True}
    assert answer_to(event) == (400, "bad request")
    assert ports.untouched


@pytest.mark.parametrize("change", [{"headers": None}, {"headers": {}}], ids=repr)  # fmt: skip
def test_requests_with_parts_missing_are_refused(ports: FakePorts, change: dict[str, Any]) -> None:
    """A request without headers is a refusal like any other."""
    assert answer_to(request(BODY) | change) == (401, "unauthorized")
    assert ports.untouched


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_only_look_whether_somebody_is_there(ports: FakePorts, method: str) -> None:
    """They answer 200 without a body being read; the API routes GET and HEAD here."""
    assert answer_to(request(BODY, method=method)) == (200, "ready")
    assert ports.untouched
    assert ports.secrets.asked == []


def test_the_answer_to_a_refusal_tells_nothing(ports: FakePorts) -> None:
    """Missing, malformed and wrong signatures get the same answer, to the byte."""
    headers = [{}, {"x-justcall-signature": "nonsense"}, signed(BODY, secret="a guess")]
    answers = [handler(request(BODY, header), None) for header in headers]
    assert answers[0] == answers[1] == answers[2]


UNAVAILABLE: dict[str, Callable[[FakePorts], None]] = {
    "no secret": lambda ports: ports.secrets.lost.append("usable"),
    "no ledger": lambda ports: ports.ledger.lost.append("keep"),
    "no queue": lambda ports: setattr(ports.queues, "lost", True),
    "something unexpected": lambda ports: setattr(ports.ledger, "keep", None),
}


@pytest.mark.parametrize("broken", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_may_mend_is_a_503(ports: FakePorts, broken: Callable[[FakePorts], None]) -> None:
    """Whatever is down on our side, the sender is asked to come back."""
    broken(ports)
    assert answer_to(request(BODY)) == (503, "unavailable")


def test_missing_setting_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment without its settings loses nothing: the sender comes back."""
    from handler import app  # noqa: PLC0415  # its cache is cleared below

    for name in ("EVENTS_TABLE", "SECRET_ARN", "QUEUE_URL_PREFIX", "RETENTION_DAYS"):
        monkeypatch.delenv(name, raising=False)
    app._ports.cache_clear()
    assert answer_to(request(BODY)) == (503, "unavailable")


def test_ports_are_made_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are made once, and making them calls nobody."""
    from handler import app  # noqa: PLC0415  # its cache is cleared below

    for name, value in {
        "EVENTS_TABLE": "events",
        "SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s",
        "QUEUE_URL_PREFIX": "https://sqs.us-east-1.amazonaws.com/123456789012/x-events-",
        "RETENTION_DAYS": "90",
        "ACCEPTED_DIALECTS": "body-signed",
        "WEBHOOK_URLS": "https://one.example https://two.example",
        "TIMESTAMP_PAST_MINUTES": "10",
        "TIMESTAMP_FUTURE_MINUTES": "5",
    }.items():
        monkeypatch.setenv(name, value)
    app._ports.cache_clear()
    made: Ports[Deadline] = app._ports()
    assert made is app._ports()
    urls = ("https://one.example", "https://two.example")
    assert tuple(made.policy) == (frozenset({"body-signed"}), urls, 600, 300)
    app._ports.cache_clear()


def _every_error(kind: type[HooksError] = HooksError) -> list[type[HooksError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _every_error(below))]


@pytest.mark.parametrize("kind", _every_error())
def test_every_error_has_an_answer(kind: type[HooksError]) -> None:
    """Only what can never be right is a 4xx; everything else makes the sender come back."""
    status, _ = status_of(kind())
    refused = {"BodyUndecodable": 400, "BodyTooLarge": 413, "SignatureRefused": 401}
    assert status == refused.get(kind.__name__, 503)


def _answers_503(kind: type[HooksError]) -> bool:
    return status_of(kind())[0] == 503


@pytest.mark.parametrize(
    "error",
    [*(kind() for kind in _every_error() if _answers_503(kind)), KeyError("x"), MemoryError()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.usefixtures("ports")
def test_every_503_logs_its_reason(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("handler.app.receive", fail)
    assert answer_to(request(BODY)) == (503, "unavailable")
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = error.reason if isinstance(error, HooksError) else "unexpected"
    assert (line["reason"], line["level"], line[emf.UNAVAILABLE]) == (expected, "WARNING", [1.0])
    assert line["request_id"]


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), LedgerUnavailable()])
def test_other_errors_make_the_sender_come_back(error: Exception) -> None:
    """What nobody foresaw is ours to mend."""
    assert status_of(error) == (503, "unavailable")
