"""examples/slack: which events are posted, what Slack gets, and what SQS brings again."""

import json
import logging
from typing import Any, NamedTuple

import pytest

from examples.slack.function import app
from tests.support.faults import Small, World
from tests.support.samples import BY_KIND, body

URL = "https://hooks.slack.com/services/T0/B0/wordless"
NUMBER = "+14155558765"
EVENT = {
    "key": "call.missed:c1",
    "kind": "call.missed",
    "direction": "inbound",
    "number": NUMBER,
    "justcall_number": "+14155551234",
    "at": "2026-03-12T14:32:00.000Z",
}

type Item = dict[str, Any]


class Answer(NamedTuple):
    status: int


class Slack:
    """Slack's side: takes messages, and answers as told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.results: list[int | Exception] = []

    def request(self, method: str, url: str, *, body: str, **_: Any) -> Answer:
        assert (method, url) == ("POST", URL)
        self.texts.append(json.loads(body)["text"])
        result = self.results.pop(0) if self.results else 200
        if isinstance(result, Exception):
            raise result
        return Answer(result)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Slack:
    made = Slack()
    monkeypatch.setattr(app, "http", made)
    monkeypatch.setattr(app, "webhook_url", lambda: URL)
    return made


def published(call: Item | None = None, at: str = "2026-03-12T14:32:05Z", **event: Any) -> Item:
    """Return an event of the bus."""
    data: Item = {"event": EVENT | event} | ({"call": call} if call else {})
    return {"time": at, "detail-type": "call.missed", "detail": {"data": data}}


def handle(*bodies: Item | str) -> list[str]:
    """Let the function have a batch; return the ids of the messages that failed."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in bodies]
    records = [{"messageId": f"m{number}", "body": text} for number, text in enumerate(texts)]
    answer = app.handler({"Records": records}, None)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


# ------------------------------------------------------------ what Slack gets


@pytest.mark.parametrize("kind", app.TITLES)
def test_published_event_becomes_one_message(deployed: World, slack: Slack, kind: str) -> None:
    """The form of the event is the publisher's own."""
    deployed.deliver(body(BY_KIND[kind]))
    deployed.settle()
    assert deployed.publish()
    assert isinstance(deployed.backend, Small)
    [entry] = deployed.backend.bus.entries
    assert handle({"time": entry["Detail"]["time"], "detail": entry["Detail"]}) == []
    [text] = slack.texts
    assert text.startswith(f"*{app.TITLES[kind]}* from +1415555")
    assert " to +14155551234, <!date^17733" in text


def test_message_names_people_line_and_time(slack: Slack) -> None:
    call = {"contact_name": "Robin Vale", "justcall_line_name": "Main line"}
    handle(published(call))
    people = f"*Missed call* from {NUMBER} (Robin Vale) to +14155551234 (Main line)"
    date = "<!date^1773325920^{date_short_pretty} {time}|2026-03-12 14:32 UTC>"
    assert slack.texts == [f"{people}, {date}"]


def test_caller_without_a_number_is_withheld(slack: Slack) -> None:
    event = published()
    del event["detail"]["data"]["event"]["number"]
    handle(event)
    assert "from a withheld number to" in slack.texts[0]


def test_name_can_neither_mention_the_channel_nor_fake_a_line(slack: Slack) -> None:
    name = "<!channel> R&D\n*Missed call* <https://evil.example|from> " + "x" * 50_000
    handle(published(contact_name=name))
    [text] = slack.texts
    assert "&lt;!channel&gt; R&amp;D *Missed call* &lt;https://evil.example|from&gt;" in text
    assert text.count("<") == 1  # the date
    assert "\n" not in text
    assert len(text) < 500


# ------------------------------------------------------------ what is posted


def test_answered_call_is_not_posted(slack: Slack) -> None:
    assert handle(published({"outcome": "completed"}), published({"outcome": "missed"})) == []
    assert len(slack.texts) == 1


def test_event_that_is_published_again_later_is_not_posted(slack: Slack) -> None:
    assert handle(published(at="2026-03-14T00:00:00Z")) == []
    assert slack.texts == []


def test_event_without_its_call_is_posted(slack: Slack) -> None:
    """An event of a call with over 100 events has none."""
    assert handle(published()) == []
    assert len(slack.texts) == 1


# ------------------------------------------------------------ what SQS brings again


@pytest.mark.parametrize("result", [302, 400, 404, 500, 503, TimeoutError()])
def test_refused_message_fails_alone(slack: Slack, result: int | Exception) -> None:
    slack.results = [200, result, 200]
    assert handle(published(), published(), published()) == ["m1"]


def test_rate_limit_ends_the_batch(slack: Slack) -> None:
    slack.results = [200, 429]
    assert handle(*[published()] * 4) == ["m1", "m2", "m3"]
    assert len(slack.texts) == 2


@pytest.mark.parametrize("poison", ["{", "[]", "{}", '{"detail": {"data": {"event": {}}}}'])
def test_poison_message_fails_alone(slack: Slack, poison: str) -> None:
    assert handle(poison, published()) == ["m0"]
    assert len(slack.texts) == 1


# ------------------------------------------------------------ logs


def test_logs_hold_no_number_no_name_and_no_url(
    slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slack.results = [500, ValueError(f"unknown url: {URL}")]
    wrong = published(at=NUMBER, contact_name="Robin Vale")
    handle(published(contact_name="Robin Vale"), published(), wrong)
    assert caplog.messages == [
        "call.missed:c1 not posted: status-500",
        "call.missed:c1 not posted: ValueError",
        "call.missed:c1 not posted: ValueError",
    ]
    assert not any(word in caplog.text for word in (NUMBER, "Robin", "hooks.slack.com", "wordless"))
