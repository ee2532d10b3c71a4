"""docs/flaws.md says what tests/flaws/ shows."""

from collections import Counter

import pytest

from tests.flaws import table


def test_the_document_is_the_table() -> None:
    """What people read is what is planted and caught (`python -m tests.flaws.table` mends it)."""
    text = table.DOCUMENT.read_text()
    assert table.filled(text) == text


@pytest.mark.parametrize("flaw", table.FLAWS, ids=lambda flaw: flaw.name)
def test_a_flaw_has_its_place(flaw: table.Flaw) -> None:
    """The text that it changes stands there exactly once, also after the code was changed."""
    assert (table.ROOT / flaw.file).read_text().count(flaw.before) == 1


def test_names_are_names() -> None:
    """No flaw hides behind the name of another, and each names a test of a file that is there."""
    assert max(Counter(flaw.name for flaw in table.FLAWS).values()) == 1
    assert all((table.ROOT / flaw.test.split("::")[0]).is_file() for flaw in table.FLAWS)
