"""`hooks console` over HTTP: who may read it, who may write through it, and what it answers."""

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cli import console, stack
from cli.console import application, server
from tests.support.console import Served, serving
from tests.support.program import Deployment, Hooks, deployed, hooks, local, place

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures

STATIC = Path(console.__file__).parent / "static"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)">'


@pytest.fixture
def page(deployed: Deployment) -> Iterator[Served]:
    with serving(stack.find(None, None, None)) as served:
        yield served


def entry_of(name: str) -> dict[str, Any]:
    return {"number": "+14155559876", "subjects": [f"call:{name}"], "outcome": "completed"}


def test_the_command_prints_the_link_and_only_reads_a_deployed_stack(
    deployed: Deployment, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.Server, "serve_until_stopped", lambda self: self._listening.close())
    assert hooks("console", "--json").json["writes"] is False
    told = hooks("console", "--json", "--write").json
    assert told["writes"] is True
    assert told["link"].startswith("http://127.0.0.1:")
    assert "Open http://127.0.0.1:" in hooks("console").out
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = hooks("console", "--port", str(taken.getsockname()[1]))
    assert (ran.code, "--port" in ran.message) == (2, True)


# ------------------------------------------------------------------ who may read


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil"])
def test_other_host_names_are_refused(page: Served, host: str) -> None:
    assert page.ask(host=host).status == 403


def test_localhost_is_answered(page: Served) -> None:
    assert page.ask(host=f"localhost:{page.access.port}").status == 200


@pytest.mark.parametrize("path", ["/", "/event?key=x", "/live", "/static/console.js", "/none"])
def test_nothing_is_read_without_the_cookie(page: Served, path: str) -> None:
    for cookie in ("", "x=y", f"{page.access.cookie}=wrong"):
        answer = page.ask(path, cookie=cookie)
        assert answer.status == 403
        assert b"Open the link" in answer.data


def test_the_link_gives_a_cookie_that_scripts_and_other_sites_do_not_have(page: Served) -> None:
    answer = page.ask(f"/open?key={page.access.key}", cookie="")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_wrong_link_gives_no_cookie(page: Served) -> None:
    answer = page.ask("/open?key=wrong", cookie="")
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_every_answer_forbids_scripts_storage_and_frames(page: Served) -> None:
    for path in ("/", "/static/console.js", "/none", "/event?key=none"):
        headers = page.ask(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_no_template_has_inline_scripts_or_styles_or_foreign_addresses() -> None:
    for file in (STATIC.parent / "templates").iterdir():
        text = file.read_text()
        assert "<script>" not in text
        assert " style=" not in text
        assert "<style" not in text
        assert " onclick" not in text
        assert "://" not in text


# ------------------------------------------------------------------ who may write


def test_a_write_needs_the_token_of_the_page(page: Served, deployed: Deployment) -> None:
    key = deployed.rows.put_call()
    form = f"key={quote(key)}&reason=fixed"
    attacks: list[dict[str, str]] = [
        {"x_console_token": ""},
        {"x_console_token": "wrong"},
        {"cookie": ""},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"host": "evil.example"},
    ]
    for headers in attacks:
        assert page.act("replay", form, **headers).status == 403, headers
    assert deployed.rows.get(key)["status"] == "failed"
    assert page.act("replay", form).status == 200
    assert deployed.rows.get(key)["status"] == "received"


def test_a_get_changes_nothing(page: Served, deployed: Deployment) -> None:
    key = deployed.rows.put_call()
    assert page.ask(f"/do/replay?key={quote(key)}&reason=x").status == 405
    assert deployed.rows.get(key)["status"] == "failed"


def test_a_reading_page_offers_and_does_nothing(deployed: Deployment) -> None:
    key = deployed.rows.put_call()
    with serving(stack.find(None, None, None), writes=False) as page:
        assert page.act("replay", f"key={quote(key)}&reason=x").status == 403
        text = page.ask(f"/event?key={quote(key)}").data.decode()
    assert deployed.rows.get(key)["status"] == "failed"
    assert "hx-post" not in text
    assert "read-only" in text


def test_a_long_form_is_refused(page: Served) -> None:
    assert page.act("replay", "x" * 100_000).status == 403


# ------------------------------------------------------------------ what it does


def test_a_preview_changes_nothing_and_a_replay_keeps_the_reason(
    page: Served, deployed: Deployment, hooks: Hooks
) -> None:
    key = deployed.rows.put_call()
    form = f"key={quote(key)}&reason=mended"
    told = page.act("replay", f"{form}&preview=1").data.decode()
    assert "Nothing was changed. It would be replayed." in told
    assert deployed.rows.get(key)["status"] == "failed"
    assert "replayed" in page.act("replay", form).data.decode()
    [replay] = hooks("show", key, "--json").json["replays"]
    assert replay["reason"] == "mended"
    shown = page.ask(f"/event?key={quote(key)}").data.decode()
    assert "was failed: mended" in shown


def test_a_replay_needs_a_reason(page: Served, deployed: Deployment) -> None:
    key = deployed.rows.put_call()
    answer = page.act("replay", f"key={quote(key)}&reason=+", hx_request="true")
    assert answer.status == 400
    assert answer.headers["hx-retarget"] == "#notice"
    assert deployed.rows.get(key)["status"] == "failed"


def test_dead_letters_are_shown_counted_and_moved(page: Served, deployed: Deployment) -> None:
    deployed.send_dead("no event <b>")
    text = page.ask("/queues").data.decode()
    assert "1 not an event" in text
    told = page.act("redrive", "preview=1&reason=x").data.decode()
    assert "About 0 dead letters would be moved. 1 stay" in told
    assert page.act("redrive", "preview=1").status == 400, "without a reason"
    assert "no event" not in text


def test_an_unknown_action_or_page_is_404(page: Served) -> None:
    assert page.act("explode", "").status == 404
    assert page.ask("/none").status == 404
    assert page.ask("/static/..%2faccess.py").status == 404
    assert page.ask("/event?key=none:1").status == 404
    assert page.ask("/?status=none").status == 400


def test_filters_are_those_of_the_program(page: Served, deployed: Deployment) -> None:
    deployed.rows.put_call(name="failed_one")
    deployed.rows.put_call(name="done_one", entry=entry_of("done_one"))
    for query, shown, hidden in (
        ("status=failed", "failed_one", "done_one"),
        ("status=processed", "done_one", "failed_one"),
        ("text=DONE_ONE", "done_one", "failed_one"),
        ("number=%2B1+415+555+9876&status=processed", "done_one", "failed_one"),
    ):
        text = page.ask(f"/?{query}").data.decode()
        assert f"call.completed:{shown}" in text, query
        assert f"call.completed:{hidden}" not in text, query
    assert "No events here" in page.ask("/?kind=sms.sent").data.decode()
    assert "No events here" in page.ask("/?number=%2B12025550100").data.decode()


def test_pages_list_every_event_once(page: Served, deployed: Deployment) -> None:
    """Also events of one millisecond, and with a text to search for."""
    keys = {
        deployed.rows.put_call(name=f"c{n:03}", received_at=f"2026-03-12T00:00:0{n // 30}.000Z")
        for n in range(130)
    }
    for extra in ("", "&text=COMPLETED"):
        seen: list[str] = []
        path = f"/?status=failed&since=2026-03-01{extra}"
        while path:
            text = page.ask(path).data.decode()
            seen += [one.split('"')[0] for one in text.split('data-key="')[1:]]
            rest = text.partition('rel="next" href="')[2]
            path = rest.partition('"')[0].replace("&amp;", "&")
        assert len(seen) == len(set(seen))
        assert set(seen) == keys


def test_hostile_text_is_text(page: Served, deployed: Deployment) -> None:
    content = json.dumps({"type": "x", "data": {HOSTILE: HOSTILE, "turn": "a\u202eb"}}).encode()
    key = deployed.rows.put("call.completed:h", "failed", body=content, error=HOSTILE)
    for path in (
        "/",
        f"/event?key={quote(key)}",
        "/?text=" + quote(HOSTILE),
        f"/?kind={quote(HOSTILE)}",
    ):
        text = page.ask(path).data.decode()
        assert "<script>alert" not in text, path
        assert "<img" not in text, path
        assert "\u202e" not in text, path
    raw = page.ask(f"/body?key={quote(key)}")
    assert raw.headers["content-type"].startswith("text/plain")
    assert json.loads(raw.data) == json.loads(content)


def test_a_contact_and_a_call_are_shown(page: Served, deployed: Deployment) -> None:
    key = deployed.rows.put_call(name="done", entry=entry_of("done"))
    deployed.rows.consent("+14155559876", f"dnd#2026-03-12T00:00:00.000Z#set#ab#{key}")
    text = page.ask("/contact?number=%2B14155559876").data.decode()
    assert "dnd" in text
    assert key in text
    assert "outcome" in text
    assert page.ask("/contact?number=").status == 400
    assert "completed" in page.ask(f"/call?key={quote(key)}").data.decode()
    assert page.ask("/call?key=none").status == 404


@pytest.mark.parametrize("span", ["hour", "day"])
def test_plots_count_by_status(page: Served, deployed: Deployment, span: str) -> None:
    deployed.rows.put_call(name="a")
    deployed.rows.put_call(name="b", status="received", error="model-refused: x")
    text = page.ask(f"/plots?span={span}").data.decode()
    assert "1 failed" in text
    assert "1 retrying" in text
    assert text.count("<rect") == 2


def test_vendored_files_are_what_they_were_published_as() -> None:
    [one] = json.loads((STATIC / "VENDORED.json").read_text())
    assert hashlib.sha256((STATIC / one["file"]).read_bytes()).hexdigest() == one["sha256"]
    assert (STATIC / one["licence_file"]).read_text().startswith("Zero-Clause BSD")
    assert one["file"] in application._FILES
