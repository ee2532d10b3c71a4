"""Writes what documents say about kinds and types: the code's tables in docs/ and events/README.md.

    PYTHONPATH=src python -m tests.support.make_docs

The same text at every run. A unit test compares the documents with what this would write.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from justcall.catalogue import KINDS, TYPES, logical_name, module_name

ROOT = Path(__file__).parents[2]
COMMAND = ".venv/bin/python -m tests.support.make_docs"


def documents() -> Mapping[Path, str]:
    """Return the documents as they should be."""
    return {
        path: write(path.read_text())
        for path, write in (
            (ROOT / "docs" / "dialects.md", _with_types),
            (ROOT / "docs" / "openapi.yaml", _with_examples),
            (ROOT / "events" / "README.md", _with_samples),
        )
    }


def stale() -> list[str]:
    """Return the documents that differ from the code."""
    return [
        f"{path.relative_to(ROOT)}: run {COMMAND}"
        for path, text in documents().items()
        if path.read_text() != text
    ]


def _with_types(text: str) -> str:
    """Return docs/dialects.md with one row per kind in its table of types."""
    rows = [
        f"| `{kind}` | {', '.join(f'`{name}`' for name, of in TYPES.items() if of == kind)} |\n"
        for kind in KINDS
    ]
    head, table, rest = text.partition("| kind | types |\n|---|---|\n")
    assert table, "docs/dialects.md has no table of types"
    return head + table + "".join(rows) + re.sub(r"\A(?:\|.*\n)*", "", rest)


def _with_examples(text: str) -> str:
    """Return docs/openapi.yaml with every type as an example of the schema `Type`."""
    examples = "".join(f"        - {name}\n" for name in TYPES)
    pattern = r"(\n    Type:\n(?:      .*\n)*?      examples:\n)(?:        - .*\n)+"
    written, count = re.subn(pattern, lambda match: match[1] + examples, text)
    assert count == 1, "docs/openapi.yaml has no schema Type with examples"
    return written


def _with_samples(text: str) -> str:
    """Return events/README.md with the rows that it lacks: each kind's request and batch."""
    requests = [f"| `{module_name(kind)}.json` | 200 | accepted |" for kind in KINDS]
    batches = [
        f"| `{module_name(kind)}.json` | {logical_name(kind)}Processor | 0 |" for kind in KINDS
    ]
    for rows in (requests, batches):
        for previous, row in pairwise(rows):
            if row not in text:
                text = re.sub(rf"({re.escape(previous)}.*\n)", rf"\g<1>{row} the same |\n", text)
    return text


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
