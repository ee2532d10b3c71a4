"""Printing tables, JSON and text, without characters that a terminal takes for commands."""

import json
import math
import re
import shutil
import sys
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.status import Status
from rich.table import Table as RichTable

# In a pipe nothing is cut or wrapped: a line is a row.
_WIDTH = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000_000
# Strangers write the text of events: rich must not read [brackets] and :colons: as markup.
_PLAIN: Any = {"highlight": False, "markup": False, "emoji": False}
console = Console(width=_WIDTH, soft_wrap=not sys.stdout.isatty(), **_PLAIN)
_errors = Console(stderr=True, **_PLAIN)
# A terminal obeys some of these characters, or shows the rest of the line in another order.
_HIGH = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_CONTROL = re.compile(rf"[\x00-\x1f{_HIGH}]")
_CONTROL_IN_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f{_HIGH}]")
_CONTROL_IN_JSON = re.compile(f"[{_HIGH}]")  # JSON escapes the lower ones itself

# Columns that fold first where the terminal is narrow, and columns that fold last.
_PROSE = {"error", "why", "finding", "summary", "note", "failure", "try"}
_PROSE_WIDTH = 16
_KEYS = {"key", "as"}


def use_utf8() -> None:
    """Write UTF-8 in every locale; a lone surrogate becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")


def progress(text: str) -> Status:
    """Return a spinner with a text on stderr; in a pipe it prints nothing."""
    return _errors.status(text)


def note(text: str) -> None:
    """Print one sentence on stderr."""
    _errors.print(f"hooks: {line(text)}", soft_wrap=True)


def text(*lines: str) -> None:
    """Print lines on stdout."""
    for one in lines:
        console.print(one)


def as_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    print(json_text(document, indent=2))


def json_line(document: object) -> None:
    """Print one JSON document as a line, at once."""
    print(json_text(document), flush=True)


def json_text(document: object, indent: int | None = None) -> str:
    """Return a document as JSON without control characters."""
    printed = json.dumps(_finite(document), indent=indent, ensure_ascii=False, allow_nan=False)
    # These can only occur inside strings, where an escape means the same.
    return _CONTROL_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", printed)


def _finite(value: Any) -> Any:
    """Return a document without infinite numbers, which JSON lacks; `1e999` is read as one."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


class Table:
    """A table that leaves out empty columns and never cuts a key."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._rows: list[list[str]] = []

    def add(self, *cells: object) -> None:
        """Add a row, a cell for each column; None is empty."""
        self._rows.append(["" if cell is None else line(cell) for cell in cells])

    def print(self, if_empty: str = "") -> None:
        """Print the table, or a sentence if it has no rows."""
        if not self._rows:
            console.print(if_empty)
            return
        columns = {
            name: cells
            for name, cells in zip(self._names, zip(*self._rows, strict=True), strict=True)
            if any(cells)
        }
        unbroken = _unbroken(columns)
        table = RichTable(box=None, pad_edge=False)
        for name in columns:
            table.add_column(name, overflow="fold", no_wrap=name in unbroken)
        for row in zip(*columns.values(), strict=True):
            table.add_row(*row)
        console.print(table)


def _unbroken(columns: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the columns whose cells stay on one line; the others fold."""
    prose = columns.keys() & _PROSE
    others = columns.keys() - prose
    widths = {name: max(map(cell_len, (name, *columns[name]))) for name in others}
    room = console.width - _PROSE_WIDTH * len(prose) - 2 * len(columns)
    if sum(widths.values()) <= room:
        return others
    short = others - _KEYS
    room -= _PROSE_WIDTH * len(others & _KEYS)
    return short if sum(widths[name] for name in short) <= room else set()


def counts(numbers: Iterable[tuple[str, int]]) -> str:
    """Return the numbers that are not zero, as `3 replayed, 1 skipped`."""
    return ", ".join(f"{number} {name}" for name, number in numbers if number)


def when(moment: str) -> str:
    """Return a moment of the ledger as a person reads it."""
    return moment[:19].replace("T", " ")


def line(value: object) -> str:
    """Return a value as one line without control characters."""
    return _CONTROL.sub(" ", str(value))


def pretty(document: Any) -> str:
    """Return a body as lines without control characters."""
    is_text = isinstance(document, str)
    shown = document if is_text else json.dumps(document, indent=2, ensure_ascii=False)
    return _CONTROL_IN_LINES.sub("\N{REPLACEMENT CHARACTER}", shown)
