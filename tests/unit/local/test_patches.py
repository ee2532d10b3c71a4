"""The patches of MiniStack."""

from typing import Any

from local.patches import with_attributes

STACKS = {"nested": {"_resources": {"Bus": {"Attributes": {"Arn": "arn:bus"}}}}}


def _update(*arguments: Any) -> tuple[str, dict[str, Any]]:
    """Do what MiniStack does with a resource that has not changed."""
    return arguments[1], arguments[6] or {}


def test_unchanged_resource_of_a_nested_stack_keeps_its_attributes() -> None:
    update = with_attributes(_update, STACKS)
    assert update("Type", "bus", {}, {}, "nested", "Bus") == ("bus", {"Arn": "arn:bus"})


def test_attributes_that_ministack_passes_are_used() -> None:
    update = with_attributes(_update, STACKS)
    assert update("Type", "bus", {}, {}, "nested", "Bus", {"Arn": "given"})[1] == {"Arn": "given"}


def test_unknown_stack_or_resource_is_no_error() -> None:
    update = with_attributes(_update, STACKS)
    assert update("Type", "bus", {}, {}, "other", "Bus") == ("bus", {})
    assert update("Type", "new", {}, {}, "nested", "New") == ("new", {})
