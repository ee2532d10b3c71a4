"""`hooks export`: every event once, in order, in each format."""

import csv
import io
import json
import re
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import exporting
from tests.support import cli_docs
from tests.support.ledger_rows import BODY, ago
from tests.support.program import Deployment, Hooks


@pytest.fixture
def keys(deployed: Deployment) -> list[str]:
    """Return the keys of three events, in the order of their arrival."""
    put = deployed.rows.put
    return [
        put("sms.sent:3", received_at=ago(minutes=3), body=BODY, entry={"number": "+1 415", "text": "=1+1", "media": ["a"], "duration_seconds": 5}),
        put("sms.sent:2", "failed", received_at=ago(minutes=2), body=BODY, error="ledger-unavailable"),
        put("call.missed:1", received_at=ago(minutes=1), body=b"no json"),
    ]  # fmt: skip


def test_json_lines_have_every_field(hooks: Hooks, keys: list[str]) -> None:
    ran = hooks("export", "--body")
    lines = [json.loads(one) for one in ran.out.splitlines()]
    assert [one["key"] for one in lines] == keys
    assert (lines[0]["entry"]["text"], lines[1]["entry"]) == ("=1+1", None)
    assert (lines[0]["body"], lines[2]["body"]) == (json.loads(BODY), "no json")
    assert lines[1]["why"] == "DynamoDB refused or did not answer."
    plain = [json.loads(one) for one in hooks("export").out.splitlines()]
    assert all("body" not in one for one in plain)


def test_csv_has_the_documented_columns(hooks: Hooks, keys: list[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(hooks("export", "--format", "csv", "--body").out)))
    documented = cli_docs.TEXT.partition("<!-- columns -->")[2]
    assert [*rows[0]] == [*re.findall(r"`(\w+)`", documented.partition("\n\n")[0]), "body"]
    assert [one["key"] for one in rows] == keys
    first = rows[0]
    assert (first["text"], first["number"], first["media"]) == ("'=1+1", "+1 415", '["a"]')
    assert (first["deliveries"], first["duration_seconds"]) == ("1", "5")


def test_events_are_selected(hooks: Hooks, keys: list[str]) -> None:
    def exported(*arguments: str) -> list[str]:
        return [json.loads(one)["key"] for one in hooks("export", *arguments).out.splitlines()]

    assert exported("--kind", "sms.sent") == keys[:2]
    assert exported("--status", "failed") == [keys[1]]
    assert hooks("export", "--kind", "sms.snet").code == 1
    assert exported("--since", "90s") == [keys[2]]
    assert exported("--text", "no json") == [keys[2]]


def test_a_file_is_new_and_its_owners(hooks: Hooks, keys: list[str], tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    ran = hooks("export", "--format", "csv", "--output", str(path))
    assert (ran.code, ran.out) == (0, "3 events.\n")
    assert len(path.read_text().splitlines()) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert hooks("export", "--output", str(path)).code == 2
    assert hooks("export", "--format", "xml").code == 2


def test_parquet_without_pyarrow_says_what_to_do(
    hooks: Hooks, keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(exporting, "import_module", missing)
    assert "--output" in hooks("export", "--format", "parquet").err
    path = tmp_path / "events.parquet"
    ran = hooks("export", "--format", "parquet", "--output", str(path))
    assert (ran.code, "pip install pyarrow" in ran.err, path.exists()) == (2, True, False)


def test_parquet_gets_columns(
    hooks: Hooks, keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[dict[str, list[Any]]] = []

    class Writer:
        def __init__(self, _path: Path, form: Any) -> None:
            assert dict(form)["attempts"] == "int64"

        def __enter__(self) -> "Writer":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write_table(self, table: dict[str, list[Any]]) -> None:
            tables.append(table)

    arrow = SimpleNamespace(
        int64=lambda: "int64", string=lambda: "string", schema=list, ParquetWriter=Writer,
        table=lambda cells, schema: cells,
    )  # fmt: skip
    monkeypatch.setattr(exporting, "import_module", lambda _: arrow)
    path = tmp_path / "events.parquet"
    assert hooks("export", "--format", "parquet", "--output", str(path)).code == 0
    [table] = tables
    assert (table["key"], table["attempts"]) == (keys, [0, 0, 0])
    assert table["text"] == ["=1+1", None, None]
