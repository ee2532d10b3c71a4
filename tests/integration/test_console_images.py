"""The pictures of `hooks console` in README and docs are made here, from the samples.

    JUSTCALL_HOOKS_IMAGES=docs/images .venv/bin/pytest tests/integration/test_console_images.py

Without the variable the pictures are made all the same, and thrown away.
"""

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from cli import samples
from errors import ModelRefused
from handler.app import handler
from justcall.catalogue import KINDS
from tests.support.bug import fail_with
from tests.support.cloud import Cloud, poll_everything
from tests.support.console import browser, console, deliver_body, page
from tests.support.deliveries import request

__all__ = ["browser", "console", "page"]  # fixtures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the pictures go."""
    chosen = Path(os.environ.get("JUSTCALL_HOOKS_IMAGES", tmp_path))
    chosen.mkdir(exist_ok=True)
    return chosen


def test_each_page_has_a_picture_in_light_and_dark(
    page: Page, cloud: Cloud, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (*KINDS, "call.completed", "sms.received", "sms.sent"):
        _deliver(kind)
    poll_everything(cloud)
    with monkeypatch.context() as broken:
        fail_with(broken, lambda: ModelRefused(detail="data.duration: not a number"))
        failed = _deliver("voicemail.received")
        retrying = _deliver("call.missed")
        for _ in range(5):
            cloud.poll("voicemail.received")
        cloud.poll("call.missed")
    assert handler(request(b"not json"), None)["statusCode"] == 200
    assert retrying != failed
    page.set_viewport_size({"width": 1200, "height": 860})
    paths = {
        "events": "/",
        "event": f"/event?key={quote(failed)}",
    }
    for name, path in paths.items():
        page.goto(path)
        if name == "events":
            expect(page.locator("svg")).to_have_count(2)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            picture = folder / f"console-{name}-{scheme}.png"
            page.screenshot(path=picture)
            assert picture.stat().st_size > 10_000


def _deliver(kind: str) -> str:
    return deliver_body(samples.fresh(kind, []))
