"""The archiver: what it keeps, how often, until when, and what it says of it."""

import hashlib
import json
from itertools import pairwise
from typing import Any

import pytest

from archiver import app
from published.cloud_event import schema_id
from published.models import model
from recordings import backoff, links
from recordings.announcement import ARCHIVED_KIND, FAILED_KIND
from recordings.register import ARCHIVED, FAILED, FAILED_CELL, WAITING
from tests.support import samples
from tests.support.faults import Fault, answers_lost, throttled
from tests.support.missed_calls import document, missed, sms, voicemail
from tests.support.promise import call, update
from tests.support.promise import sms as text
from tests.support.recordings import LINK, MP3, Archive
from tests.unit.conftest import Written

HOUR = 3_600.0
PATH = f"call/c1/{links.digest_of(LINK)}"
PICTURE = "https://media.justcall.io/cat.png"
PNG = b"\x89PNG\r\n\x1a\n" + b"meow" * 500


def kinds(archive: Archive) -> list[str]:
    return [one["data"]["event"]["kind"] for one in archive.announced()]


def test_recording_is_in_the_bucket_with_its_sidecar_and_announced(archive: Archive) -> None:
    archive.happen(call("c1"))
    assert archive.work()
    assert archive.waiting == 0
    file = archive.small.files.get(f"{PATH}.mp3")
    assert (file.body, file.media_type) == (MP3, "audio/mpeg")
    sidecar = json.loads(archive.small.files.get(f"{PATH}.json").body)
    assert sidecar["event_key"] == "call.completed:c1"
    assert sidecar["sha256"] == hashlib.sha256(MP3).hexdigest()
    assert (sidecar["bytes"], sidecar["subjects"]) == (len(MP3), ["call:c1"])
    [one] = archive.recordings()
    assert (one.phase, one.is_announced, one.what) == (ARCHIVED, True, "recording")
    [announced] = archive.announced()
    told = announced["data"]["recording"]
    assert told["object_key"] == f"{PATH}.mp3"
    assert told["sidecar_key"] == f"{PATH}.json"
    assert told["sha256"] == sidecar["sha256"]
    assert announced["data"]["event"]["key"] == "call.completed:c1"


def test_announcements_are_as_their_schemas_say(archive: Archive) -> None:
    archive.happen(call("c1"))
    archive.files[LINK] = "url-not-allowed"
    archive.happen(call("c2"))
    while archive.work():
        archive.files[LINK] = "url-not-allowed"
    archive.files[LINK] = MP3
    archive.happen(call("c3"))
    archive.work()
    assert set(kinds(archive)) == {ARCHIVED_KIND, FAILED_KIND}
    for one in archive.announced():
        kind = one["data"]["event"]["kind"]
        model(kind).model_validate(one, strict=True)
        assert one["dataschema"] == schema_id(kind)


def test_announcement_is_not_archived_itself(archive: Archive) -> None:
    archive.happen(call("c1"))
    archive.work()
    archive.route()
    assert archive.waiting == 0


def test_voicemail_and_media_are_archived(archive: Archive) -> None:
    archive.files |= {"https://recordings.justcall.io/vm.mp3": MP3, PICTURE: PNG}
    archive.happen(voicemail(12, "m2"), text("t1", media_urls=[PICTURE]))
    while archive.work():
        pass
    assert {one.what for one in archive.recordings()} == {"voicemail", "media"}
    types = {one.file.media_type for one in archive.recordings() if one.file}
    assert types == {"audio/mpeg", "image/png"}


def test_link_that_comes_later_by_an_update_is_archived(archive: Archive) -> None:
    archive.happen(call("c1", recording_url=None))
    assert archive.waiting == 0
    archive.happen(update("c1", recording_url=LINK))
    assert archive.work()
    [one] = archive.recordings()
    assert (one.phase, one.event_key.partition(":")[0]) == (ARCHIVED, "call.updated")
    assert archive.items()[0]["pk"] == {"S": "recording#call:c1"}


def test_events_without_links_do_not_wake_the_archiver(archive: Archive) -> None:
    archive.happen(
        missed(10), sms(11), update("c9"), samples.body(samples.CONTACT_CREATED),
        call("c1", recording_url=None),
    )  # fmt: skip
    assert archive.waiting == 0


def test_link_is_downloaded_once_whatever_names_it(archive: Archive) -> None:
    signed = f"{LINK}?X-Amz-Expires=86400&X-Amz-Signature=abc"
    again = f"{LINK}?X-Amz-Expires=86400&X-Amz-Signature=def"
    archive.files |= {signed: MP3, again: MP3}
    archive.happen(call("c1", recording_url=signed))
    archive.work()
    archive.happen(update("c1", recording_url=again))
    archive.work()
    assert archive.asked == [signed]
    assert kinds(archive) == [ARCHIVED_KIND]


def test_published_again_does_nothing(archive: Archive) -> None:
    archive.happen(call("c1"))
    archive.work()
    archive._routed = 0
    archive.route()
    assert archive.work()
    assert archive.asked == [LINK]
    assert kinds(archive) == [ARCHIVED_KIND]


def test_link_that_fails_is_tried_until_shortly_before_its_end(archive: Archive) -> None:
    archive.files[LINK] = "status-403"
    archive.happen(call("c1"))
    started = archive.world.clock.now
    times: list[float] = []
    while archive.waiting:
        if archive.work():
            times.append(archive.world.clock.now - started)
        archive.world.clock.now += 10
    waits = [round(two - one, -1) for one, two in pairwise(times)]
    assert waits[:5] == [30, 120, 600, 1_800, 3_600]
    assert 23.8 * HOUR < times[-1] < 24 * HOUR
    assert len(times) < 60, "more than the queue's receives"
    [one] = archive.recordings()
    assert (one.phase, one.error, one.attempts) == (FAILED, "status-403", len(times))
    assert (one.host, archive.dead) == ("recordings.justcall.io", 0)
    assert archive.items()[0]["cell"] == {"S": FAILED_CELL}
    [announced] = archive.announced()
    assert announced["data"]["recording"] == {
        "what": "recording", "reason": "status-403", "attempts": len(times),
        "host": "recordings.justcall.io",
    }  # fmt: skip


def test_late_attempts_are_counted_for_the_alarm_and_early_ones_are_not(
    archive: Archive, written: Written
) -> None:
    archive.files[LINK] = "status-403"
    archive.happen(call("c1"))
    written.text()
    archive.work_for(3 * HOUR)
    assert "RecordingLate" not in written.text()
    archive.work_for(3 * HOUR)
    assert "RecordingLate" in written.text()


def test_waiting_recording_is_visible_and_recovers(archive: Archive) -> None:
    archive.files[LINK] = "status-404"
    archive.happen(call("c1"))
    archive.work()
    [one] = archive.recordings()
    assert (one.phase, one.error) == (WAITING, "status-404")
    assert archive.announced() == []
    archive.files[LINK] = MP3
    archive.work_for(HOUR)
    [one] = archive.recordings()
    assert (one.phase, one.error, one.attempts) == (ARCHIVED, "", 2)


@pytest.mark.parametrize("reason", ["url-not-allowed", "answer-too-long"])
def test_link_that_can_never_be_archived_is_given_up_at_once(archive: Archive, reason: str) -> None:
    archive.files[LINK] = reason
    archive.happen(call("c1"))
    archive.work()
    assert archive.waiting == 0
    assert [(one.phase, one.error) for one in archive.recordings()] == [(FAILED, reason)]


def test_old_event_is_tried_once(archive: Archive) -> None:
    """`hooks publish --since 90d` must not fill the queue for a day."""
    archive.files[LINK] = "status-403"
    archive.happen(call("c1"))
    archive.world.clock.now += 2 * backoff.LINK_SECONDS
    archive.work()
    assert archive.waiting == 0
    assert [one.phase for one in archive.recordings()] == [FAILED]


def test_failed_recording_can_be_archived_later(archive: Archive) -> None:
    archive.files[LINK] = "url-not-allowed"
    archive.happen(call("c1"))
    archive.work()
    archive.files[LINK] = MP3
    archive._routed = 0
    archive.route()
    archive.work()
    [item] = archive.items()
    assert item["phase"] == {"S": ARCHIVED}
    assert "cell" not in item, "it is listed as failed no more"


def test_archived_recording_stays_archived_when_another_attempt_fails(archive: Archive) -> None:
    """Two events of a call at the same time: the second began before the first ended."""
    archive.happen(call("c1"))
    archive.work()
    [link] = [one for one in archive.links() if one.url == LINK]
    [before] = archive.recordings()

    def keep_waiting() -> None:
        late = before._replace(phase=WAITING, file=None, is_announced=False)
        app._setup().ports.register.keep(link, late, archive.world.clock.now)

    archive.world.invoke("archiver", keep_waiting)
    assert archive.recordings() == [before]


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>expired", b"\n <html>" + b"x" * 2_000])
def test_web_page_is_no_recording(archive: Archive, page: bytes) -> None:
    archive.files[LINK] = page
    archive.happen(call("c1"))
    archive.work()
    assert [(one.phase, one.error) for one in archive.recordings()] == [(WAITING, "web-page")]
    assert archive.small.files.versions == {}


def test_empty_file_is_no_recording(archive: Archive) -> None:
    archive.files[LINK] = b""
    archive.happen(call("c1"))
    archive.work()
    assert [one.error for one in archive.recordings()] == ["empty-file"]


def test_long_file_is_uploaded_in_parts(archive: Archive) -> None:
    archive.files[LINK] = b"ID3" + bytes(20 * 2**20)
    archive.happen(call("c1"))
    archive.work()
    assert archive.small.files.get(f"{PATH}.mp3").body == archive.files[LINK]
    assert archive.small.files.largest == 8 * 2**20
    [one] = archive.recordings()
    assert one.file is not None
    assert one.file.size == 3 + 20 * 2**20


def test_file_that_breaks_off_leaves_nothing(archive: Archive, monkeypatch: Any) -> None:
    from contextlib import contextmanager  # noqa: PLC0415

    from errors import OutboundFailed  # noqa: PLC0415

    @contextmanager
    def breaking(url: str, hosts: Any, room: Any) -> Any:
        def pieces() -> Any:
            yield b"ID3" + bytes(9 * 2**20)
            raise OutboundFailed("connection-lost")

        yield pieces()

    monkeypatch.setattr(app, "download", breaking)
    archive.happen(call("c1"))
    archive.work()
    assert (archive.small.files.versions, archive.small.files.uploads) == ({}, {})
    assert [one.error for one in archive.recordings()] == ["connection-lost"]


def test_one_bad_link_does_not_stop_the_others(archive: Archive) -> None:
    archive.files[PICTURE] = PNG
    archive.happen(text("t1", media_urls=["https://media.justcall.io/gone.png", PICTURE]))
    archive.work()
    assert sorted(one.phase for one in archive.recordings()) == [ARCHIVED, WAITING]
    archive.work_for(25 * HOUR, step=60)
    assert sorted(one.phase for one in archive.recordings()) == [ARCHIVED, FAILED]
    assert archive.asked.count(PICTURE) == 1


def test_link_that_was_given_up_is_not_tried_again_while_another_waits(archive: Archive) -> None:
    bad, late = "http://169.254.169.254/", "https://media.justcall.io/late.png"
    archive.files |= {bad: "url-not-allowed", late: "status-404"}
    archive.happen(text("t1", media_urls=[bad, late]))
    archive.work_for(2 * HOUR)
    assert archive.asked.count(bad) == 1
    assert archive.asked.count(late) > 3
    assert kinds(archive) == [FAILED_KIND]


def test_refused_links_are_announced_once_while_another_waits(archive: Archive) -> None:
    urls = [f"https://media.justcall.io/{number}" for number in range(links.MAX_LINKS + 1)]
    archive.files |= dict.fromkeys(urls[1:], PNG)
    archive.happen(text("t1", media_urls=urls))
    archive.work_for(2 * HOUR)
    assert kinds(archive).count(FAILED_KIND) == 1


def test_without_time_the_rest_is_left_to_the_next_run(archive: Archive) -> None:
    archive.context.milliseconds = 80_000
    archive.happen(call("c1"))
    archive.work()
    assert (archive.asked, archive.waiting) == ([], 1)
    archive.context.milliseconds = 600_000
    archive.work_for(60)
    assert [one.phase for one in archive.recordings()] == [ARCHIVED]


def test_too_many_links_are_refused_and_the_first_archived(archive: Archive) -> None:
    urls = [f"https://media.justcall.io/{number}" for number in range(links.MAX_LINKS + 2)]
    archive.files |= dict.fromkeys(urls, PNG)
    archive.happen(text("t1", media_urls=urls))
    archive.work()
    phases = [(one.phase, one.error) for one in archive.recordings()]
    assert phases.count((ARCHIVED, "")) == links.MAX_LINKS
    assert phases.count((FAILED, app.TOO_MANY)) == 2


def test_link_that_was_too_long_to_publish_is_failed_and_visible(archive: Archive) -> None:
    urls = [f"https://media.justcall.io/{'x' * 1_900}{number}" for number in range(140)]
    archive.happen(text("t1", media_urls=urls))
    assert archive.waiting == 1
    archive.work()
    assert [(one.phase, one.error) for one in archive.recordings()] == [(FAILED, app.LEFT_OUT)]


@pytest.mark.parametrize("fault", [throttled, answers_lost])
def test_message_comes_again_while_aws_fails(archive: Archive, fault: Fault) -> None:
    archive.happen(call("c1"))
    archive.world.wire.standing = lambda one: (
        fault if one.actor == "archiver" and one.operation == "PutObject" else None
    )
    archive.work_for(HOUR)
    assert archive.waiting == 1
    archive.world.wire.standing = lambda _one: None
    archive.work_for(2 * HOUR)
    assert [one.phase for one in archive.recordings()] == [ARCHIVED]


def test_log_has_no_link_and_no_number(archive: Archive, written: Written) -> None:
    archive.files[LINK] = "status-403"
    archive.happen(call("c1"), document("call.completed", "2026-03-12T14:00:00Z", call_id="c2",
                                        recording_url=f"{LINK}?secret", from_="+14155551111"))  # fmt: skip
    written.text()
    archive.work_for(25 * HOUR, step=120)
    text_written = written.text()
    assert "status-403" in text_written
    assert "rec_abc123" not in text_written
    assert "+1415555" not in text_written
