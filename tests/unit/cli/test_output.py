"""What people see: strangers' text as they wrote it, and nothing that a terminal obeys."""

import io
import json
import sys

import pytest
from rich.console import Console

from cli import output
from cli.commands.timeline import duration
from cli.output import Table, as_json, line, pretty, text, use_utf8

STRANGE = "[/b] [red]x[/red] :warning: \x1b]0;owned\x07\x9b31m\x00 café"


def test_strangers_text_is_neither_markup_nor_commands(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("error")
    table.add(STRANGE)
    table.print()
    text(line(STRANGE), pretty(STRANGE), pretty({"text": STRANGE}))
    output.note(STRANGE)
    out, err = capsys.readouterr()
    assert (out + err).count("[/b] [red]x[/red] :warning:") == (out + err).count("café") == 5
    assert not set(out + err) & {"\x1b", "\x07", "\x9b", "\x00"}


def test_a_row_is_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("key", "error")
    for _ in range(3):
        table.add("k", "word " * 400 + "\nend")
    table.print()
    assert [row.endswith("end") for row in capsys.readouterr().out.splitlines()] == [False] + [
        True
    ] * 3


@pytest.mark.parametrize("character", "\x7f\x9b\u202e\u2028\u2066\u200f\ud83d")
def test_json_escapes_what_a_terminal_obeys(
    character: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {"text": f"a{character}31m café"}
    as_json(document)
    out = capsys.readouterr().out
    assert json.loads(out) == document
    assert character not in out + pretty(document)
    assert "café" in out


def test_an_infinite_number_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    as_json(json.loads('{"a": [1e999, -1e999, 1.5]}'))
    document = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert document == {"a": ["inf", "-inf", 1.5]}


def test_output_is_utf8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1"))
    use_utf8()
    text("日本 ·")
    sys.stdout.flush()
    assert raw.getvalue().decode() == "日本 ·\n"


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("length", [20, 37, 86])
@pytest.mark.parametrize("error", [None, "model-refused: direction: missing, from: missing"])
def test_keys_are_never_cut(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    width: int,
    length: int,
    error: str | None,
) -> None:
    monkeypatch.setattr(output, "console", Console(width=width, highlight=False))
    table = Table("received", "status", "key", "deliveries", "error")
    table.add("2026-03-12 14:30:00", "failed", "Q" * length, 2, error)
    table.print()
    out = capsys.readouterr().out
    assert (out.count("Q"), "…" in out) == (length, False)
    if width == 80 and length <= 37 and error is None:
        assert "Q" * length in out


def test_an_empty_column_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("key", "error")
    table.add("k", None)
    table.print()
    assert capsys.readouterr().out.split() == ["key", "k"]
    Table("key").print("nothing")
    assert capsys.readouterr().out == "nothing\n"


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
    assert duration(seconds) == said
