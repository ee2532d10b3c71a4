"""The operator's program `hooks`: sends samples, looks at what became of events, replays them."""

import os

__version__ = "0.1.0"
# How it was called, so that hints can be pasted: ./hooks tells.
CALLED = os.environ.get("HOOKS_CALLED", "hooks")
