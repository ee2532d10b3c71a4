"""Writes schemas/: the JSON Schema of each kind's CloudEvents, from published.models.

    PYTHONPATH=.:src python -m tests.support.make_schemas

It refuses to write a change that is incompatible within v1. The same text at every run.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from justcall.catalogue import KINDS
from published.cloud_event import schema_id
from published.models import RECORDING_KINDS, model

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "schemas"
COMMAND = ".venv/bin/python -m tests.support.make_schemas"

type Schema = dict[str, Any]
# Every kind that is published, with its description.
PUBLISHED = {**KINDS, **RECORDING_KINDS}


def schema(kind: str) -> Schema:
    """Return the JSON Schema of one kind's CloudEvents."""
    made: Schema = _plain(model(kind).model_json_schema())
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id(kind),
        "title": f"justcall.{kind}.v1",
        "description": PUBLISHED[kind],
    }
    return head | made


def path(kind: str) -> Path:
    """Return a schema's file."""
    return FOLDER / f"justcall.{kind}.v1.json"


def text(kind: str) -> str:
    """Return what a schema's file holds."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


def stale() -> list[str]:
    """Return the files that differ from the models."""
    return [
        f"{path(kind).relative_to(ROOT)}: run {COMMAND}"
        for kind in PUBLISHED
        if not path(kind).exists() or path(kind).read_text() != text(kind)
    ]


def breaks(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Yield why documents that are valid by `new` may be a surprise to consumers of `old`.

    A consumer may rely on fields that are required, on types, on constants and on lists of words.
    A field may be added, and its description may change.
    """
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        if old != new:
            yield f"{where}: {old!r} became {new!r}"
        return
    names_fields = where.endswith(("/properties", "/$defs"))
    ignored = set() if names_fields else {"description", "required"}
    yield from (f"{where}/{name}: removed" for name in old.keys() - new.keys() - ignored)
    if not names_fields:
        yield from (f"{where}/{name}: added" for name in new.keys() - old.keys() - ignored)
        if old.get("required") != new.get("required"):
            yield f"{where}: {old.get('required')} were required, now {new.get('required')} are"
    for name in sorted(old.keys() & new.keys() - ignored):
        yield from breaks(old[name], new[name], f"{where}/{name}")


def main() -> int:
    """Write every schema; return 1 if one would break its consumers."""
    FOLDER.mkdir(exist_ok=True)
    for kind in PUBLISHED:
        file = path(kind)
        broken = list(breaks(json.loads(file.read_text()), schema(kind))) if file.exists() else []
        if broken:
            sys.stderr.write(f"{file.name} would break its consumers:\n")
            sys.stderr.writelines(f"  {one}\n" for one in broken)
            return 1
        file.write_text(text(kind))
    return 0


def _plain(value: Any) -> Any:
    """Return a schema without titles and without null as a default."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {field: _plain(one) for field, one in inner.items()}
        if name in ("properties", "$defs")
        else _plain(inner)
        for name, inner in value.items()
        if not (name == "title" or (name == "default" and inner is None))
    }


if __name__ == "__main__":
    sys.exit(main())
