"""docs/cli.md and its tables."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def documented(command: str) -> list[str]:
    """Return the fields that docs/cli.md lists for a command's JSON."""
    section = TEXT.partition(f"\n### `{command}`")[2].partition("\n### ")[0]
    assert section
    cells = re.findall(r"^\| (`[^|]*)", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
