"""The page that `make up` starts: a process with a link, which `make down` ends."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from local import console
from local.ministack import Process
from local.place import LocalError, Place
from local.processes import is_free

NOWHERE = Process(0, 1, "rootkey")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    """Return a place with a stack whose AWS is down."""
    described = {
        "webhook_url": "http://api.localhost:1/webhooks/justcall",
        "endpoint_url": "http://127.0.0.1:1",
        "region": "us-east-1",
        "access_key_id": "rootkey",
        "stack_name": "hooks",
        "events_table": "events",
        "secret_arn": "secret",
        "queues": {},
        "dead_letter_queue": "http://127.0.0.1:1/dead",
    }
    place = Place(tmp_path)
    place.stack_file.write_text(json.dumps(described))
    yield place
    console.stop(place)


def opened(link: str) -> tuple[int, str]:
    """Open a link as a browser does; return the status and text of the page behind it."""
    site = link.partition("/open")[0]
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request("GET", link, redirect=False)
        cookie = answer.headers["set-cookie"].partition(";")[0]
        shown = pool.request("GET", f"{site}/refused", headers={"cookie": cookie})
    return shown.status, shown.data.decode()


def test_the_page_starts_restarts_with_the_same_link_and_ends(here: Place) -> None:
    link = console.start(here, NOWHERE)
    port = json.loads(here.console_process.read_text())["port"]
    status, text = opened(link)
    assert status == 502
    assert "make up" in text, "a stack that is down is said in one sentence"
    assert console.start(here, NOWHERE) == link
    assert opened(link)[0] == 502
    for file in (here.console_key, here.console_log, here.console_process):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file in here.files
    console.stop(here)
    assert is_free(port)
    console.stop(here)  # and again


def test_a_page_that_cannot_start_says_where_to_look(here: Place) -> None:
    here.stack_file.unlink()
    with pytest.raises(LocalError, match=r"console\.log"):
        console.start(here, NOWHERE)
    assert "No local stack" in here.console_log.read_text()
