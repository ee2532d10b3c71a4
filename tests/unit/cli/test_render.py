"""What people see: what strangers wrote, as they wrote it, and nothing that a terminal obeys."""

import json

import pytest
from rich.console import Console

from cli import render
from cli.read import Document
from cli.replay import Outcome
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
    render.timeline([an_entry(direction="inbound", text=STRANGE)], "+1")
    render.events([an_event(error=STRANGE)], "")
    conflict = {"received_at": "2026-03-12T14:30:00.000Z", "body": {"text": STRANGE}}
    render.event(an_event(error=STRANGE, body=STRANGE, conflicts=[conflict], replays=[]))
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
    render.timeline([an_entry(text=f"{long}\nnext line")] * 3, "+1")
    render.events([an_event(error=long)] * 3, "")
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
    render.event(an_event(body=body, conflicts=[], replays=[]))
    assert "\N{REPLACEMENT CHARACTER} café" in capsys.readouterr().out


@pytest.mark.parametrize("character", "\x7f\x9b\u202e\u2028\u2066\u200f")
def test_no_terminal_obeys_what_strangers_write(
    character: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """8-bit commands and turned directions are escaped in JSON, and a mark for people."""
    body = {"text": f"a{character}31mb"}
    render.as_json(body)
    out = capsys.readouterr().out
    assert json.loads(out) == body
    render.event(an_event(body=body, conflicts=[], replays=[]))
    render.timeline([{"at": "2026", "type": "sms.received", "key": "k", **body}], "+1")
    assert character not in out + capsys.readouterr().out


def test_an_endless_number_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    """`Infinity` is no JSON."""
    render.as_json(json.loads('{"a": [1e999, -1e999, 1.5]}'))
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "a": ["inf", "-inf", 1.5]
    }


def test_nothing_to_show_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is not an empty screen."""
    render.events([], "none fit")
    render.timeline([], "+1")
    render.dead_letters([])
    render.redriven([], dry_run=False)
    assert capsys.readouterr().out == (
        "none fit\nnothing happened with that number\nno dead letters\nno dead letters\n"
    )


@pytest.mark.parametrize("width", [40, 80, 100, 200])
@pytest.mark.parametrize("length", [20, 37, 86])
@pytest.mark.parametrize("error", [None, "model-refused: direction: missing, from: missing"])
def test_keys_are_never_cut(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    width: int,
    length: int,
    error: str | None,
) -> None:
    """A key is for pasting: it is there whole, on one line where it fits, at any width."""
    monkeypatch.setattr(render, "console", Console(width=width, highlight=False))
    key = "Q" * length
    render.events([an_event(key=key, error=error)], "")
    events = capsys.readouterr().out
    render.timeline([an_entry(key=key, text="what happened")], "+1")
    render.replayed([Outcome(key, "skipped", "failed", "a long note, as notes are")], dry_run=True)
    out = events + capsys.readouterr().out
    assert out.count("Q") == 3 * length
    assert "…" not in out
    if width == 80 and length <= 37 and error is None:
        assert key in events


def test_an_empty_column_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no event has an error there is no column of errors."""
    render.events([an_event()], "")
    assert "error" not in capsys.readouterr().out
    render.events([an_event(), an_event(error="model-refused")], "")
    assert "error" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (30, "30 s"),
        (60, "1 min"),
        (185.0, "3 min 5 s"),
        (3605, "1 h 5 s"),
    ],
)
def test_durations_have_units(seconds: float, said: str) -> None:
    """Seconds are said as a person says them."""
    assert render.duration(seconds) == said


def test_a_call_on_the_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    """Outcome, durations, agent, disposition and the key are there."""
    call = an_entry(
        outcome="missed",
        duration_seconds=185,
        ring_seconds=30,
        agent_name="Jordan Lee",
        disposition="Closed Won",
    )
    render.timeline([call], "+1")
    said = "missed · lasted 3 min 5 s · rang 30 s · Jordan Lee · Closed Won"
    assert said in capsys.readouterr().out


def test_an_event_tells_its_replays(capsys: pytest.CaptureFixture[str]) -> None:
    """When, what it was before, and why."""
    replay = {"at": "2026-03-12T15:00:00.000Z", "reason": "mended", "was": "failed"}
    render.event(an_event(sweeps=0, body={}, conflicts=[], replays=[replay]))
    out = capsys.readouterr().out
    assert "replayed         2026-03-12 15:00:00, was failed: mended" in out
    assert "sweeps" not in out


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
