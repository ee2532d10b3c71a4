"""Sections of docs/runbook.md."""

from pathlib import Path

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()


def section_of(description: str) -> str:
    """Return the section that an alarm's description links to."""
    anchor = description.partition("docs/runbook.md#")[2]
    return RUNBOOK.partition(f"\n## {anchor}\n")[2].partition("\n## ")[0]
