"""Events as JSON lines, CSV or Parquet, oldest first."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from itertools import batched
from pathlib import Path
from typing import IO, Any

from cli.errors import UsageError
from cli.reading import details, failures, table
from cli.reading.table import Document, Item
from cli.reading.timeline import entry_of
from cli.stack import Stack
from ledger import schema

JSONL, CSV, PARQUET = "jsonl", "csv", "parquet"
FORMATS = (JSONL, CSV, PARQUET)
_BATCH = 500
# The columns of CSV and Parquet; `docs/cli.md` lists them. JSON lines have every field.
_OF_EVENTS = (
    "key", "type", "dialect", "status", "state", "received_at", "event_time", "deliveries",
    "attempts", "error", "why",
)  # fmt: skip
_OF_ENTRIES = (
    "at", "number", "direction", "justcall_number", "agent_id", "agent_name", "outcome",
    "duration_seconds", "ring_seconds", "text", "notes", "disposition", "contact_name",
    "recording_url", "media", "delivery_status", "call_id", "call_sid", "message_id", "id",
)  # fmt: skip
COLUMNS = (*_OF_EVENTS, *_OF_ENTRIES)
_NUMBERS = {"deliveries", "attempts"}
# A spreadsheet takes such a text for a formula. A number such as +1 415 is none.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")

type Write = Callable[[Sequence[Document]], None]


def documents(
    stack: Stack, keys: Sequence[str], *, with_body: bool
) -> Iterator[Sequence[Document]]:
    """Yield these events in batches, each with its entry, and with its body if wanted."""
    for some in batched(keys, _BATCH, strict=False):
        items = {schema.key_of(one["pk"]["S"]): one for one in table.items(stack, some)}
        events = [table.document(items[key]) for key in some if key in items]
        for one in failures.explain(stack, events):
            one["entry"] = entry_of(items[one["key"]]) if "entry" in items[one["key"]] else None
            if with_body:
                one["body"] = _body(stack, items[one["key"]])
        yield events


def writer(form: str, file: IO[str] | Path, *, with_body: bool) -> AbstractContextManager[Write]:
    """Return what writes documents in a format; Parquet needs a path. Raises UsageError."""
    if form == PARQUET:
        if not isinstance(file, Path):
            raise UsageError("Parquet is no text. Write it to a file: --output FILE")
        return _parquet(file, with_body=with_body)
    if isinstance(file, Path):
        return _to_file(form, file, with_body=with_body)
    return _text(form, file, with_body=with_body)


@contextmanager
def _to_file(form: str, path: Path, *, with_body: bool) -> Iterator[Write]:
    with (
        path.open("w", encoding="utf-8", errors="replace", newline="") as file,
        _text(form, file, with_body=with_body) as write,
    ):
        yield write


@contextmanager
def _text(form: str, file: IO[str], *, with_body: bool) -> Iterator[Write]:
    if form == JSONL:
        yield lambda events: file.writelines(f"{json.dumps(one)}\n" for one in events)
        return
    columns = _columns(with_body=with_body)
    rows = csv.writer(file)
    rows.writerow(columns)
    yield lambda events: rows.writerows(_row(one, columns) for one in events)


@contextmanager
def _parquet(path: Path, *, with_body: bool) -> Iterator[Write]:
    try:
        arrow, parquet = map(import_module, ("pyarrow", "pyarrow.parquet"))
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed. Run: pip install pyarrow"
            "  (with pipx: pipx inject justcall-hooks pyarrow). Or write --format csv."
        ) from error
    columns = _columns(with_body=with_body)
    fields = [(one, arrow.int64() if one in _NUMBERS else arrow.string()) for one in columns]
    form = arrow.schema(fields)
    with parquet.ParquetWriter(path, form) as file:

        def write(events: Sequence[Document]) -> None:
            cells = {one: [_cell(event, one) for event in events] for one in columns}
            file.write_table(arrow.table(cells, schema=form))

        yield write


def _columns(*, with_body: bool) -> Sequence[str]:
    return (*COLUMNS, "body") if with_body else COLUMNS


def _row(event: Document, columns: Iterable[str]) -> list[Any]:
    cells = (_cell(event, one) for one in columns)
    return [f"'{one}" if isinstance(one, str) and _FORMULA.match(one) else one for one in cells]


def _cell(event: Mapping[str, Any], column: str) -> Any:
    """Return a field as text; those that are counts stay numbers. None if it is absent."""
    entry = event["entry"] or {}
    value = event[column] if column in event else entry.get(column)
    if value is None or column in _NUMBERS:
        return value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _body(stack: Stack, item: Item) -> Any:
    key = schema.key_of(item["pk"]["S"])
    items = table.ledger_items(stack, key) if "parts" in item else [item]
    return details.content(item, items)
