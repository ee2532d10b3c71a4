"""The browser of this machine."""

import shutil

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """Return the program. Skips where none is installed."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        pytest.skip("Chromium is not installed here. On Debian: apt-get install chromium")
    return found
