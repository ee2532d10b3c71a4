"""Let moto work out each name once.

It turns "VisibilityTimeout" into "visibility_timeout" letter by letter, twenty times for each queue
that is asked for its length: a sixth of the CPU of the tests on moto.
"""

from functools import cache
from typing import Any

import moto.core.responses
import moto.core.utils
import moto.sqs.models


def share_names() -> None:
    """Remember the names; they depend on nothing else."""
    utils: Any = moto.core.utils
    if hasattr(utils.camelcase_to_underscores, "cache_info"):
        return
    remembering = cache(utils.camelcase_to_underscores)
    users: tuple[Any, ...] = (utils, moto.core.responses, moto.sqs.models)
    for module in users:
        module.camelcase_to_underscores = remembering
