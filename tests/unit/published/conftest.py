"""Events of one deployment, processed and published."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.faults import World
from tests.support.samples import BY_KIND, body, changed

type Item = dict[str, Any]
type Publish = Callable[[bytes], Item]


@pytest.fixture
def publish(deployed: World) -> Publish:
    """Return what delivers a body, processes it, publishes it and returns its CloudEvent."""

    def run(content: bytes) -> Item:
        deployed.deliver(content)
        deployed.settle()
        assert deployed.publish()
        return deployed.published()[-1]

    return run


def sample(kind: str, **data: Any) -> bytes:
    """Return a signed sample of a kind with other data."""
    return body(changed(BY_KIND[kind], **data))
