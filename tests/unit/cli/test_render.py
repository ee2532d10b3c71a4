"""What people see: what strangers wrote, as they wrote it, and nothing that a terminal obeys."""

import json

import pytest

from cli import render
from cli.read import Document
from cli.send import Sent

STRANGE = "[/b] [red]x[/red] :warning: \x1b]0;owned\x07\x9b31m\x00 café"
HARMLESS = "[/b] [red]x[/red] :warning:  ]0;owned  31m  café"


def an_event(**changes: object) -> Document:
    event: Document = {
        "key": "call.completed:1",
        "type": "call.completed",
        "dialect": "body-signed",
        "status": "failed",
        "received_at": "2026-03-12T14:30:00.000Z",
        "event_time": None,
        "deliveries": 2,
        "attempts": 5,
        "error": None,
    }
    return event | changes


def an_entry(**changes: object) -> Document:
    return {
        "at": "2026-03-12T14:30:00.000Z",
        "key": "k",
        "type": "sms.received",
        "number": "+1",
        **changes,
    }


def test_brackets_and_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Text of others is shown as text in every place, and no control character gets through."""
    render.timeline([an_entry(direction="inbound", text=STRANGE)])
    render.events([an_event(error=STRANGE)])
    conflict = {"received_at": "2026-03-12T14:30:00.000Z", "body": {"text": STRANGE}}
    render.event(an_event(error=STRANGE, body=STRANGE, conflicts=[conflict]))
    render.sent([Sent(None, 502, STRANGE, 1.0)])
    render.sent([Sent(None, 502, STRANGE, 1.0)] * 2)
    out = capsys.readouterr().out
    assert out.count("[/b] [red]x[/red] :warning:") == 7
    assert out.count("café") == 7
    assert HARMLESS in out
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\x00"}


def test_a_line_is_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe nothing is cut or wrapped, however long it is and whatever it holds."""
    long = "word " * 400 + "end"
    render.timeline([an_entry(text=f"{long}\nnext line")] * 3)
    render.events([an_event(error=long)] * 3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert all("end" in line for line in lines[1:4] + lines[5:])


def test_half_a_character_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A lone surrogate, legal in JSON, is printed as JSON's escape, and for people as a mark."""
    body = json.loads('{"text": "\\ud83d caf\\u00e9"}')
    render.as_json(body)
    out = capsys.readouterr().out
    assert json.loads(out) == body
    assert "café" in out
    render.event(an_event(body=body, conflicts=[]))
    assert "\N{REPLACEMENT CHARACTER} café" in capsys.readouterr().out


def test_nothing_to_show_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is not an empty screen."""
    render.events([])
    render.timeline([])
    assert capsys.readouterr().out == (
        "no events; send one: hooks send call.completed\nnothing happened with that number\n"
    )


def test_many_answers_are_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    """Equal answers are counted, with the times of their middle and their slowest."""
    render.sent(
        [Sent("k", 200, "ok", float(wait)) for wait in range(100)] + [Sent("k", 503, "no", 7.0)]
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["200", "ok", "100", "50.0", "99.0"],
        ["503", "no", "1", "7.0", "7.0"],
    ]
