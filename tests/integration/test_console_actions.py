"""`hooks console` with recordings, destinations and a receiver: what is played, sent and paused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cli import stack
from justcall import signature
from ledger.members import Members
from recordings import links
from recordings.register import ARCHIVED
from tests.support import webhook
from tests.support.console import Served, serving
from tests.support.kept import CONTENT, KEY, URL, Kept
from tests.support.ledger_rows import TABLE
from tests.support.program import Deployment, Hooks, add_deliveries, deployed, hooks, local, place
from tests.support.samples import CALL_COMPLETED, SECRET, body

__all__ = ["deployed", "hooks", "local", "place"]  # fixtures

CALL = {"subjects": ["call:c1"], "number": "+14155559876", "recording_url": URL}


@pytest.fixture
def kept(deployed: Deployment) -> Kept:
    return Kept(deployed)


@pytest.fixture
def page(deployed: Deployment, kept: Kept, local: dict[str, Any], place: Path) -> Iterator[Served]:
    """Serve the page of a stack with recordings and HTTP deliveries."""
    add_deliveries(local | {"recordings_bucket": "recordings"}, place)
    deployed.rows.put(KEY, body=body(CALL_COMPLETED), entry=CALL)
    with serving(stack.find(None, None, None)) as served:
        yield served


def keep(kept: Kept, media_type: str) -> str:
    """Keep a recording of the call; return its address on the page."""
    kept.recording(ARCHIVED, media_type=media_type)
    return f"/recording?key={quote(KEY)}&link={links.digest_of(URL)}"


def test_a_kept_recording_is_played_through_the_page(page: Served, kept: Kept) -> None:
    address = keep(kept, "audio/mpeg")
    for path in (
        f"/event?key={quote(KEY)}",
        f"/call?key={quote(KEY)}",
        "/contact?number=%2B14155559876",
    ):
        text = page.ask(path).data.decode()
        assert "<audio" in text, path
        assert address.replace("&", "&amp;") in text.replace("%3A", ":").replace(":", "%3A")
    answer = page.ask(address)
    assert (answer.headers["content-type"], answer.data) == ("audio/mpeg", CONTENT)
    assert page.ask(address, cookie="").status == 403
    assert page.ask(f"/recording?key={quote(KEY)}&link=other").status == 404


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/pdf"])
def test_a_file_that_is_no_sound_is_never_shown(page: Served, kept: Kept, media_type: str) -> None:
    headers = page.ask(keep(kept, media_type)).headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment"


def test_a_call_has_the_events_that_the_publisher_noted(page: Served, deployed: Deployment) -> None:
    other = deployed.rows.put("call.updated:c1:1", entry={"subjects": ["call:CA1"], "notes": "hi"})
    members = Members(lambda: deployed.rows.dynamodb, TABLE, 400)
    members.join(KEY, ["call:c1"], 1.8e9)
    members.join(other, ["call:CA1", "call:c1"], 1.8e9)
    deployed.rows.put(other, entry={"subjects": ["call:CA1", "call:c1"], "notes": "hi"})
    text = page.ask(f"/call?key={quote(KEY)}").data.decode()
    assert other in text
    assert "notes" in text


def test_a_destination_is_paused_resumed_and_gets_an_event_again(
    page: Served, deployed: Deployment, hooks: Hooks
) -> None:
    hooks("destinations", "add", "crm", "https://crm.example/")
    assert "Pause crm" in page.ask("/destinations").data.decode()
    assert page.act("pause", "name=crm").headers["hx-trigger"] == "changed"
    assert "Resume crm" in page.ask("/destinations").data.decode()
    page.act("resume", "name=crm")
    [one] = hooks("destinations", "list", "--json").json
    assert one["state"] == "healthy"
    form = f"key={quote(KEY)}&to=crm"
    assert "Deliver again to" in page.ask(f"/event?key={quote(KEY)}").data.decode()
    assert "It would be sent" in page.act("deliver", f"{form}&preview=1").data.decode()
    assert deployed.depth("deliveries") == 0
    assert "sent" in page.act("deliver", form).data.decode()
    assert deployed.depth("deliveries") == 1
    assert (
        "1 events were processed"
        in page.act("deliver-since", "to=crm&since=2h&preview=1").data.decode()
    )
    assert deployed.depth("deliveries") == 1
    assert "1 sent." in page.act("deliver-since", "to=crm&since=2h").data.decode()
    assert deployed.depth("deliveries") == 2
    assert page.act("deliver-since", "to=crm").status == 400
    assert page.act("pause", "name=none").status == 404


def test_dead_letters_go_back_to_their_queue(
    page: Served, deployed: Deployment, hooks: Hooks
) -> None:
    failed = deployed.rows.put("call.completed:c2", "failed", body=body(CALL_COMPLETED))
    hooks("replay", failed, "--reason", "x", "--yes")
    [message] = deployed.messages("call.completed")
    deployed.send_dead(json.dumps(message))
    assert failed in page.ask("/queues").data.decode()
    assert (
        "About 1 dead"
        in page.act("redrive", "kind=call.completed&reason=x&preview=1").data.decode()
    )
    assert (
        "Moved 1 of about 1"
        in page.act("redrive", "kind=call.completed&reason=mended").data.decode()
    )
    assert deployed.depth("dead-letters") == 0
    assert hooks("show", failed, "--json").json["replays"][-1]["reason"] == "mended"


def test_an_event_is_dismissed_with_a_reason(
    page: Served, deployed: Deployment, hooks: Hooks
) -> None:
    failed = deployed.rows.put("call.completed:c2", "failed", body=body(CALL_COMPLETED))
    assert "Dismiss" in page.ask(f"/event?key={quote(failed)}").data.decode()
    form = f"key={quote(failed)}&reason=a+test"
    assert "It would be dismissed" in page.act("dismiss", f"{form}&preview=1").data.decode()
    assert deployed.rows.get(failed)["status"] == "failed"
    assert "dismissed" in page.act("dismiss", form).data.decode()
    assert hooks("show", failed, "--json").json["dismissals"][0]["reason"] == "a test"
    shown = page.ask(f"/event?key={quote(failed)}").data.decode()
    assert "was failed: a test" in shown
    assert "/do/dismiss" not in shown


def test_a_sample_is_sent_to_the_local_stack_only(
    deployed: Deployment, local: dict[str, Any], place: Path
) -> None:
    with webhook.listening() as receiver:
        place.write_text(json.dumps(local | {"webhook_url": receiver.url()}))
        found = stack.find(None, None, None)
        with serving(found) as page:
            assert page.act("send", "kind=sms.sent").status == 400
            assert "Send a sample" not in page.ask("/").data.decode()
        assert receiver.requests == []
        found.is_local = True
        with serving(found) as page:
            assert "Send a sample" in page.ask("/").data.decode()
            assert "sms.sent:" in page.act("send", "kind=sms.sent").data.decode()
        [came] = receiver.requests
        assert came.headers[signature.HEADER] == signature.sign(came.body, SECRET)
