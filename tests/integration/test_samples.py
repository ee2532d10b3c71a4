"""Every file in events/ through the real handler and processors, as the table of answers says."""

import json
from typing import Any

import pytest

from handler.app import handler
from tests.support.cloud import Cloud, process
from tests.support.expected import HTTP, SQS
from tests.support.make_events import EVENTS


def _load(folder: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / folder / f"{name}.json").read_text())
    return document


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("name", HTTP)
def test_requests(name: str) -> None:
    """The first delivery and its repetition get the answers of the table."""
    wanted, event = HTTP[name], _load("http", name)
    first, again = handler(event, None), handler(event, None)
    assert (first["statusCode"], again["statusCode"]) == (wanted.status, wanted.status)
    assert json.loads(first["body"])["status"] == wanted.word
    assert json.loads(again["body"])["status"] == wanted.again


@pytest.mark.parametrize("name", SQS)
def test_batches(cloud: Cloud, name: str) -> None:
    """Each processor takes its sample; the poison record fails alone."""
    assert tuple(process(SQS[name].kind, *_load("sqs", name)["Records"])) == SQS[name].failures
    assert "processed" in cloud.statuses().values()
