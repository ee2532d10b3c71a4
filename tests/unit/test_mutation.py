"""docs/mutation.md says what tests/mutation/ explains."""

from tests.mutation import explained


def test_the_document_is_the_table() -> None:
    """What people read is what the runner compares (`python -m tests.mutation.explained` mends it)."""
    text = explained.DOCUMENT.read_text()
    assert explained.filled(text) == text


def test_what_is_mutated_is_there() -> None:
    """No module is left out because it moved, and no explanation is of a module that isn't mutated."""
    for module in explained.MODULES:
        assert (explained.ROOT / f"src/{module}.py").is_file()
    names = tuple(f"{module.replace('/', '.')}." for module in explained.MODULES)
    assert all(one.mutant.function.startswith(names) for one in explained.EXPLAINED)
