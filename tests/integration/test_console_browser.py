"""`hooks console` in a real browser: what a person sees and does."""

import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships none
from playwright.sync_api import Browser, Page, expect

from cli.reading import events
from justcall.moments import iso
from ledger import schema
from tests.support.bug import fail_with
from tests.support.cloud import Cloud
from tests.support.console import PATIENCE_MS, Served, browser, console, deliver_body, page
from tests.support.polling import until
from tests.support.samples import SMS_RECEIVED, body, changed
from tests.support.stranger import Stranger, answers

__all__ = ["browser", "console", "page"]  # fixtures

HOSTILE = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
MANY = 5_000


def deliver(name: str, **fields: str) -> str:
    """Let JustCall deliver a text; return its key."""
    return deliver_body(body(changed(SMS_RECEIVED, message_id=name, **fields)))


def deliver_and_fail(name: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let JustCall deliver a text that the processor fails at each attempt; return its key."""
    with monkeypatch.context() as broken:
        fail_with(broken, RuntimeError)
        key = deliver(name)
        for _ in range(5):
            cloud.poll("sms.received")
    return key


def row(page: Page, key: str) -> Any:
    return page.locator(f'tr[data-key="{key}"]')


def listed(page: Page) -> list[str]:
    """Return the keys of the rows."""
    rows = page.locator("tr[data-key]")
    keys: list[str] = rows.evaluate_all("rows => rows.map(one => one.dataset.key)")
    return keys


def test_a_signed_event_appears_without_reload(page: Page, cloud: Cloud) -> None:
    expect(page.get_by_text("No events here")).to_be_visible()
    page.evaluate("window.stayed = true")
    key = deliver("live_1")
    expect(row(page, key).locator(".badge")).to_have_text("received")
    cloud.poll("sms.received")
    expect(row(page, key).locator(".badge")).to_have_text("processed")
    assert page.evaluate("window.stayed")


def test_a_failed_event_is_explained_and_replayed(
    page: Page, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = deliver_and_fail("red_1", cloud, monkeypatch)
    badge = row(page, key).locator(".badge")
    expect(badge).to_have_text("failed")
    red = badge.evaluate("one => getComputedStyle(one).color")
    page.get_by_role("link", name=key).click()
    journey = page.locator("#journey")
    expect(journey).to_contain_text("an error that it does not expect: a bug (RuntimeError")
    expect(journey).to_contain_text("not processed")
    expect(journey).to_contain_text("5 of 5 attempts")
    page.get_by_label("Reason").fill("the processor is mended")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#result")).to_contain_text("It would be replayed")
    assert cloud.ledger(key)["status"] == "failed"
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#result")).to_contain_text("replayed")
    expect(journey.locator(".badge")).to_have_text("received")
    until(
        lambda: not cloud.poll("sms.received") and cloud.ledger(key)["status"] == "processed",
        "the replayed event to be processed",
        PATIENCE_MS / 1000,
    )
    expect(journey.locator(".badge")).to_have_text("processed")
    assert journey.locator(".badge").evaluate("one => getComputedStyle(one).color") != red
    expect(journey).to_contain_text("the processor is mended")


def test_a_contacts_timeline_grows_without_reload(page: Page, cloud: Cloud) -> None:
    first = deliver("t1")
    cloud.poll("sms.received")
    contact = str(cloud.ledger(first)["contact"])
    page.goto(f"/contact?number={quote(contact)}")
    expect(page.locator("article")).to_have_count(1)
    second = deliver("t2", body="STOP")
    cloud.poll("sms.received")
    expect(page.locator(f'article[data-key="{second}"]')).to_be_visible()
    expect(page.get_by_role("region", name="Consent")).to_contain_text("opted_out")


def test_a_reload_after_a_restart_says_what_to_do(console: Served, browser: Browser) -> None:
    """A browser that never opened the link sees a sentence, and nothing of the stack."""
    context = browser.new_context(base_url=console.url)
    stranger = context.new_page()
    stranger.goto("/event?key=x")
    expect(stranger.locator("body")).to_contain_text("Open the link that")
    context.close()


def test_filters_make_permalinks(page: Page, cloud: Cloud, browser: Browser) -> None:
    first, second = deliver("one", contact_number="+14155550101"), deliver("two")
    cloud.poll("sms.received")
    expect(row(page, first)).to_be_visible()
    page.get_by_label("Number").fill("+1 415 555 0101")
    page.locator("select[name=status]").select_option("processed")
    page.get_by_role("button", name="Filter").click()
    expect(row(page, second)).to_have_count(0)
    expect(row(page, first)).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(row(other, first)).to_be_visible()
    expect(row(other, second)).to_have_count(0)
    expect(other.get_by_label("Number")).to_have_value("+1 415 555 0101")
    other.close()


def test_the_keyboard_moves_opens_and_searches(page: Page) -> None:
    keys = [deliver(f"k{number}") for number in range(3)]
    expect(page.locator("tr[data-key]")).to_have_count(3)
    shown = listed(page)
    assert set(shown) == set(keys)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.chosen")).to_have_attribute("data-key", shown[1])
    page.keyboard.press("k")
    expect(page.locator("tr.chosen")).to_have_attribute("data-key", shown[0])
    deliver("k9")  # the list is refreshed, and the choice stays
    expect(page.locator("tr[data-key]")).to_have_count(4)
    expect(page.locator("tr.chosen")).to_have_attribute("data-key", shown[0])
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=shown[0])).to_be_visible()
    page.wait_for_load_state()  # the script comes after the heading
    page.keyboard.press("u")
    page.wait_for_url("**/")
    page.keyboard.press("/")
    expect(page.get_by_label("Text")).to_be_focused()
    page.keyboard.type("k1")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-key]")).to_have_count(1)


def test_a_body_folds_and_is_copied(page: Page) -> None:
    key = deliver("folded")
    page.goto(f"/event?key={quote(key)}")
    value = page.locator(".tree .value", has_text="folded").first
    expect(value).to_be_visible()
    page.locator(".tree summary").first.click()
    expect(value).to_be_hidden()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["data"]["message_id"] == "folded"


def test_hostile_payloads_are_text(page: Page, cloud: Cloud) -> None:
    key = deliver("hostile", body=HOSTILE, contact_name=HOSTILE, contact_number=HOSTILE)
    cloud.poll("sms.received")
    expect(row(page, key)).to_be_visible()
    contact = str(cloud.ledger(key)["contact"])
    for path in (
        f"/event?key={quote(key)}",
        f"/call?key={quote(key)}",
        f"/contact?number={quote(contact)}",
    ):
        page.goto(path)
        expect(page.locator("#main")).to_contain_text("onerror")
        assert page.locator("main img, main script").count() == 0
        assert page.evaluate("window.hacked") is None


def test_another_sites_page_can_neither_write_nor_read(
    page: Page, console: Served, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attacker's page is open in the browser that has the cookie, on another port of this machine."""
    key = deliver_and_fail("attacked", cloud, monkeypatch)
    html = "content-type: text/html; charset=utf-8\r\n"
    for host in ("127.0.0.1", "localhost"):
        with Stranger(answers(200, html, _attack(console.url, key).encode())) as attacker:
            evil = page.context.new_page()
            evil.goto(f"http://{host}:{attacker.port}/")
            expect(evil.locator("#done")).to_have_text(
                "sent 3, read 0, framed 0", timeout=PATIENCE_MS
            )
            evil.close()
    assert cloud.ledger(key)["status"] == "failed"
    assert "replays" not in cloud.ledger(key)


def _attack(target: str, key: str) -> str:
    """Return a page that posts a replay three ways, and tries to read and to frame ours."""
    form = f"key={quote(key)}&reason=attack"
    kind = "application/x-www-form-urlencoded"
    return f"""<!doctype html><iframe id=form name=form></iframe><iframe id=frame></iframe>
<form method=post action="{target}/do/replay" target=form><input name=key value="{key}">
<input name=reason value=attack></form><p id=done>waiting</p><script>
const post = more => fetch("{target}/do/replay", {{method: "POST", body: "{form}",
    credentials: "include", headers: {{"Content-Type": "{kind}", ...more}}, mode: "no-cors"}});
const read = () => fetch("{target}/", {{credentials: "include"}}).then(() => 1, () => 0);
const framed = new Promise(resolve => {{
    const frame = document.getElementById("frame");
    frame.onload = () => {{ try {{ resolve(frame.contentDocument ? 1 : 0); }} catch {{ resolve(0); }} }};
    frame.src = "{target}/";
}});
(async () => {{
    document.forms[0].submit();
    const sent = 1 + (await Promise.allSettled([post({{}}), post({{"X-Console-Token": "x"}})])).length;
    document.getElementById("done").textContent = `sent ${{sent}}, read ${{await read()}}, framed ${{await framed}}`;
}})();
</script>"""


def _item(number: int) -> dict[str, Any]:
    key, received_at = f"sms.received:many_{number:04}", iso(time.time() - number / 4)
    texts = {
        "pk": schema.event_partition(key),
        "sk": schema.LEDGER,
        "dialect": "body-signed",
        "delivery_id": key,
        "status": "failed",
        "error": "model-refused: data.id",
        "received_at": received_at,
        "cell": schema.cell("failed", key, received_at),
        "text": json.dumps({"id": f"many_{number:04}"}),
    }
    typed = {name: {"S": value} for name, value in texts.items()}
    return typed | {"deliveries": {"N": "1"}, "body_hash": {"B": b"x" * 32}}


def test_5000_events_are_listed_in_pages(
    page: Page, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How fast says nothing here: moto reads and sorts all items for each question."""
    monkeypatch.setattr(schema, "SHARDS", 1)
    monkeypatch.setattr(events, "MAX_SECONDS", 600.0)  # a listing that takes longer ends early
    page.set_default_timeout(4 * PATIENCE_MS)
    for first in range(0, MANY, 25):
        requests: Any = [{"PutRequest": {"Item": _item(n)}} for n in range(first, first + 25)]
        cloud.dynamodb.batch_write_item(RequestItems={cloud.table: requests})
    page.goto("/")
    expect(page.locator("tr[data-key]")).to_have_count(50)
    for _ in range(20):
        page.keyboard.press("j")
    expect(page.locator("tr.chosen")).to_have_count(1)
    seen = set(listed(page))
    page.get_by_role("link", name="older than").click()
    expect(page.get_by_role("link", name="newest", exact=True)).to_be_visible()
    more = set(listed(page))
    assert len(more) >= 50
    assert not seen & more
    page.goto("/?text=many_00")  # a hundred have it
    expect(page.locator("tr[data-key]")).to_have_count(50)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, cloud: Cloud, scheme: Any) -> None:
    key = deliver("axe")
    deliver("axe_open")
    cloud.poll("sms.received")
    page.emulate_media(color_scheme=scheme)
    contact = str(cloud.ledger(key)["contact"])
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    for path in (
        "/", f"/event?key={quote(key)}", f"/contact?number={quote(contact)}",
        f"/call?key={quote(key)}", "/queues", "/destinations",
    ):  # fmt: skip
        page.goto(path)
        if path == "/":
            expect(page.locator("svg")).to_have_count(2)
        found = Axe().run(page).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == [], path
