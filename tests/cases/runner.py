"""Delivers a case's steps to a world, and compares what that world then shows with what is right.

A case: `steps` (`signed`: how, `body`: a document or its text, `options`: `ago` seconds or
`header_time` of the signed time, another `secret`, further `headers`, a `query`) and `right` (see
`check`).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from justcall import signature
from justcall.moments import epoch, iso
from justcall.url_signature import TIMESTAMP_HEADER, VERSION, VERSION_HEADER, sign
from tests.support.samples import SECRET

type Case = dict[str, Any]
type Entry = dict[str, Any]

CASES: list[Case] = json.loads((Path(__file__).parent / "cases.json").read_text())
# Moments around arrival that are the same for all steps of a case.
_FIXED_AGO = 30.0
# How far from its world's `now` an event arrives.
_ARRIVAL_SECONDS = 60.0


class Answer(NamedTuple):
    """What the sender was answered."""

    http: int
    word: str


class World(Protocol):
    """A receiver with its tables; `url` is the one under which it is registered."""

    url: str
    now: float

    def deliver(self, body: bytes, headers: Mapping[str, str], query: str) -> Answer:
        """Post one delivery. Everything is processed before anything is read."""

    def timeline(self, number: str) -> list[Entry]:
        """Return a number's joined entries, those of its calls that name nobody among them."""

    def consent(self, number: str) -> dict[str, bool]:
        """Return the values of a number's flags."""


def run(case: Case, world: World) -> None:
    """Deliver a case and compare."""
    check(case["right"], deliver(case, world), world)


def deliver(case: Case, world: World) -> Answer:
    """Deliver the steps of a case in their order; return the last answer."""
    answer = None
    for step in case["steps"]:
        options = step.get("options", {})
        headers = headers_of(step, world)
        answer = world.deliver(body_of(step), headers, options.get("query", ""))
    assert answer is not None
    return answer


def body_of(step: Case) -> bytes:
    """Return the bytes of a step."""
    body = step["body"]
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def headers_of(step: Case, world: World) -> dict[str, str]:
    """Return the headers that go with a step."""
    options = step.get("options", {})
    secret = options.get("secret", SECRET)
    more: dict[str, str] = options.get("headers", {})
    body = body_of(step)
    if step["signed"] == "unsigned":
        return more
    if step["signed"] != "url-signed":
        return {signature.HEADER: signature.sign(body, secret), **more}
    timestamp = _header_time(options, world.now)
    document = json.loads(body.decode("utf-8-sig"))
    event_type = document.get("type", document.get("event"))
    return {
        signature.HEADER: sign(world.url, event_type, timestamp, secret),
        VERSION_HEADER: VERSION,
        TIMESTAMP_HEADER: timestamp,
        **more,
    }


def _header_time(options: Mapping[str, Any], now: float) -> str:
    form = options.get("header_time", "TEXT")
    moment = int(now - (_FIXED_AGO if form == "FIX0" else options.get("ago", 0)))
    forms = {"ISO": iso(moment), "MS": str(moment * 1000), "S": str(moment)}
    return forms.get(form, f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}")


def check(right: Mapping[str, Any], answer: Answer, world: World) -> None:
    """Compare what a world shows with what is right."""
    word = right.get("answer", right.get("status", answer.word))
    assert (answer.http, answer.word) == (right.get("http", 200), word)
    number = right.get("number", right.get("timeline_of"))
    if number is not None:
        _check_timeline(right, world.timeline(number), world.now)
        consent = world.consent(number)
        assert {name: consent.get(name) for name in right.get("consent", {})} == right.get(
            "consent", {}
        )
        for name, value in right.get("consent_not", {}).items():
            assert consent.get(name) is not value
    if "not_number" in right:
        assert world.timeline(right["not_number"]) == []
    for other, count in right.get("entries_at", {}).items():
        assert len(world.timeline(other)) == count


def _check_timeline(right: Mapping[str, Any], entries: list[Entry], now: float) -> None:
    assert entries
    assert len(entries) == right.get("timeline_len", len(entries)), entries
    fields = right.get("fields", {})
    shown = [{name: entry.get(name) for name in fields} for entry in entries]
    assert fields in shown, entries
    assert not [name for entry in entries for name in right.get("not_fields", []) if name in entry]
    text = json.dumps(entries, ensure_ascii=False, allow_nan=False)
    for part in [*right.get("somewhere", []), *right.get("somewhere_tl", [])]:
        assert part in text
    if "at" in right:
        at = entries[-1]["at"]
        arrival = right["at"] == "ARRIVAL" and abs(epoch(at) - now) < _ARRIVAL_SECONDS
        assert at == right["at"] or arrival
