"""Bugs in the processors: JustCall's events are all read, but not with one of these."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from errors import ModelRefused
from messaging import consumer


def refuse_sideways(patched: pytest.MonkeyPatch) -> None:
    """Let every processor refuse an event whose `direction` is `sideways`."""
    moment: Callable[..., str] = consumer._moment

    @wraps(moment)
    def refuse(event: Any, read: Any) -> str:
        if read.data.get("direction") == "sideways":
            raise ModelRefused
        return moment(event, read)

    patched.setattr(consumer, "_moment", refuse)


def fail_with(patched: pytest.MonkeyPatch, error: Callable[[], Exception]) -> None:
    """Let every processor fail at every event."""

    def fail(*_: object) -> bool:
        raise error()

    patched.setattr(consumer, "_act", fail)


def mend(patched: pytest.MonkeyPatch) -> None:
    """Take the bug of `refuse_sideways` out again."""
    moment: Any = consumer._moment
    patched.setattr(consumer, "_moment", moment.__wrapped__)
