"""Writes what documents say about kinds and types: the code's tables in docs/ and events/README.md.

    PYTHONPATH=src python -m tests.support.make_docs

The same text at every run. A unit test compares the documents with what this would write.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel

from justcall.catalogue import KINDS, TYPES, logical_name, module_name
from published import models

_FORMS: Mapping[str, type[BaseModel]] = {
    "Fields of `data.event`": models.Event,
    "Fields of `data.call` and `data.message`": models.Whole,
    "Fields of all of them": models.Shared,
    "Fields of calls and their events": models.CallFields,
    "Fields of messages and their events": models.MessageFields,
    "Fields of `contact.created`": models.ContactFields,
    "Fields of `appointment.scheduled`": models.AppointmentFields,
    "Fields of `data.recording`": models.RecordingFields,
}
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
            (ROOT / "docs" / "giving-out.md", _with_fields),
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


def _with_fields(text: str) -> str:
    """Return docs/giving-out.md with the fields of each published thing."""
    tables = "".join(_table(title, model) for title, model in _FORMS.items())
    head, _, rest = text.partition("<!-- schemas:begin -->")
    _, end, tail = rest.partition("<!-- schemas:end -->")
    assert end, "docs/giving-out.md has no place for the fields"
    return f"{head}<!-- schemas:begin -->\n{tables}{end}{tail}"


def _table(title: str, model: type[BaseModel]) -> str:
    """Return a section with one row for each field that its base models do not have."""
    inherited = {name for base in model.__bases__ for name in getattr(base, "model_fields", {})}
    own = {name: one for name, one in model.model_fields.items() if name not in inherited}
    rows = "".join(
        f"| `{one.alias or name}` | {'always' if one.is_required() else ''} | {one.description or ''} |\n"
        for name, one in own.items()
    )
    return f"\n### {title}\n\n| field | | meaning |\n|---|---|---|\n{rows}\n"


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
