"""The operator's program `hooks`: it sends samples, shows events and replays them."""

import os

__version__ = "0.1.0"
# ./hooks sets it to the name by which it was called, so that hints can be pasted.
CALLED = os.environ.get("HOOKS_CALLED", "hooks")
