"""Let all botocore sessions of this process share what they read from botocore's files.

Each session reads the service models and the endpoints for itself, and names its events anew: 80 ms
for a session with a client. A program makes one session, the tests make a thousand. botocore does
not change what it has read: all clients of one session share it too.
"""

from copy import copy
from functools import cache, wraps
from typing import Any

import botocore.hooks
import botocore.loaders
import botocore.session

_NAMES: dict[str, str] = {}


@cache
def _first(search_path: str | None) -> Any:
    return botocore.loaders.create_loader(search_path)


def _create_loader(search_path: str | None = None) -> Any:
    """Return a loader that shares its cache, but has search paths of its own: boto3 adds one."""
    first = _first(search_path)
    one = copy(first)
    one._search_paths = list(first._search_paths)
    return one


def share_models() -> None:
    """Share what sessions read from now on."""
    session: Any = botocore.session
    session.create_loader = _create_loader
    aliaser: Any = botocore.hooks.EventAliaser
    begin = aliaser.__init__

    @wraps(begin)
    def share_names(self: Any, emitter: Any, aliases: Any = None) -> None:
        begin(self, emitter, aliases)
        if self._event_aliases == botocore.hooks.EVENT_ALIASES:
            self._alias_name_cache = _NAMES

    aliaser.__init__ = share_names
