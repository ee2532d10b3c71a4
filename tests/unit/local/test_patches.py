"""The patches of MiniStack."""

import logging
import threading
from types import SimpleNamespace
from typing import Any

from local.patches import keep_streams, poll_streams_apart, with_attributes

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


def test_records_of_streams_are_saved_with_the_tables() -> None:
    """MiniStack saves how far functions have read; without the records they would skip new ones."""

    def module(**streams: Any) -> Any:
        made = SimpleNamespace(get_state=lambda: {"tables": {}}, loaded=[], **streams)
        made.load_persisted_state = made.loaded.append
        keep_streams(made)
        return made

    before = module(_stream_records={"events": [{"eventID": "1"}]}, _stream_trimmed={"events": 3})
    state = before.get_state()
    after = module(_stream_records={}, _stream_trimmed={})
    records = after._stream_records
    after.load_persisted_state(state)
    assert (records, after._stream_trimmed) == ({"events": [{"eventID": "1"}]}, {"events": 3})
    assert after.loaded == [state]
    after.load_persisted_state({"tables": {}})  # saved without the patch


def test_a_function_that_reads_a_stream_does_not_keep_queues_waiting() -> None:
    polled: list[str] = []
    again = threading.Event()

    def poll() -> bool:
        polled.append(threading.current_thread().name)
        if len(polled) == 1:
            raise RuntimeError("one pass fails")
        again.set()
        return threading.Event().wait()  # for ever, as a daemon

    module = SimpleNamespace(
        _poll_dynamodb_streams=poll,
        _ensure_poller=lambda: None,
        logger=logging.getLogger("streams"),
    )
    poll_streams_apart(module)
    for _ in range(3):
        module._ensure_poller()
    assert module._poll_dynamodb_streams() is False  # at once, while a function reads the stream
    assert again.wait(5)  # after a pass that failed too
    assert len(set(polled)) == 1
    assert threading.main_thread().name not in polled
