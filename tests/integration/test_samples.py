import json

import pytest

from handler.app import handler
from tests.support.cloud import Cloud, process
from tests.support.expected import HTTP, SQS
from tests.support.make_events import EVENTS


def load(folder, name):
    return json.loads((EVENTS / folder / f"{name}.json").read_text())


@pytest.mark.parametrize("name", HTTP)
def test_x(cloud: Cloud, name: str) -> None:
    event = load("http", name)
    answer = handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (
        HTTP[name].status,
        HTTP[name].word,
    )
    answer = handler(event, None)
    assert json.loads(answer["body"])["status"] == HTTP[name].again


@pytest.mark.parametrize("name", SQS)
def test_y(cloud: Cloud, name: str) -> None:
    assert tuple(process(SQS[name].kind, *load("sqs", name)["Records"])) == SQS[name].failures
