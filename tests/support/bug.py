"""A bug in a processor: JustCall's events are all read, but this one is refused."""

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


def mend(patched: pytest.MonkeyPatch) -> None:
    """Take the bug out again."""
    moment: Any = consumer._moment
    patched.setattr(consumer, "_moment", moment.__wrapped__)
