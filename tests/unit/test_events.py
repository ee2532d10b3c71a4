"""The samples in events/ are what they say."""

import json
import re

import pytest

from justcall import signature
from tests.support import samples
from tests.support.expected import HTTP, KEYS, SQS
from tests.support.make_events import EVENTS, files

README = (EVENTS / "README.md").read_text()


def test_files_are_what_would_be_generated() -> None:
    """No signature goes stale, and no file lies there that nothing makes."""
    made = files()
    found = {path: path.read_text() for path in EVENTS.glob("*/*")}
    assert sorted(found) == sorted(made)
    stale = [path.name for path, text in made.items() if found[path] != text]
    assert stale == [], "make events"


@pytest.mark.parametrize(("folder", "table"), [("http", HTTP), ("sqs", SQS)])
def test_every_file_has_an_expectation(folder: str, table: dict[str, object]) -> None:
    """What each file leads to is written down once, for all who use it."""
    assert {path.stem for path in EVENTS.glob(f"{folder}/*")} == set(table)


def test_readme_says_what_is_expected() -> None:
    """The tables that people read are the table that tests use."""
    http = re.findall(r"^\| `(\w+)\.json` \| (\d+) \| ([a-z ]+) \|", README, re.MULTILINE)
    assert {name: (int(status), word) for name, status, word in http} == {
        name: (answer.status, answer.word) for name, answer in HTTP.items()
    }
    sqs = re.findall(r"^\| `(\w+)\.json` \| (\w+Processor) \| (\d) \|", README, re.MULTILINE)
    assert [(name, int(failed)) for name, _, failed in sqs] == [
        (name, len(handled.failures)) for name, handled in SQS.items()
    ]


@pytest.mark.parametrize("name", sorted({name for name in HTTP if name not in ("get", "head")}))
def test_bodies_and_lengths_agree(name: str) -> None:
    """A request says the length that its body has, as API Gateway's does."""
    event = json.loads((EVENTS / "http" / f"{name}.json").read_text())
    if not event["isBase64Encoded"]:
        assert event["headers"]["content-length"] == str(len(event["body"].encode()))
    assert event["routeKey"] == "POST /webhooks/justcall"
    assert list(event["headers"]) == sorted(name.lower() for name in event["headers"])


def test_signatures_are_the_published_secrets() -> None:
    """Whoever has the README can sign a sample."""
    event = json.loads((EVENTS / "http" / "call_completed.json").read_text())
    assert event["body"].encode() == samples.body(samples.CALL_COMPLETED)
    assert samples.SECRET in README
    signed = signature.sign(event["body"].encode(), samples.SECRET)
    assert event["headers"][signature.HEADER] == signed


def test_keys_of_the_samples_are_different() -> None:
    """Each sample is an event of its own."""
    assert len(set(KEYS.values())) == len(KEYS)
