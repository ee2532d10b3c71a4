"""Archiving, with a fault at every AWS call: the file is kept and announced at least once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from recordings.announcement import ARCHIVED_KIND, FAILED_KIND
from recordings.register import ARCHIVED, FAILED
from tests.crash.each_call import with_each_fault
from tests.support.faults import (
    Call,
    Fault,
    died_after,
    died_before,
    world,
)
from tests.support.promise import call, sms, surprises
from tests.support.recordings import LINK, MP3, Archive

LONG = b"ID3" + bytes(9 * 2**20)
LONG_LINK = "https://recordings.justcall.io/long.mp3"
BAD_LINK = "http://169.254.169.254/latest"
HOUR = 3_600.0


@contextmanager
def archiving() -> Iterator[Archive]:
    """Make a world with a short file, a file of two parts and a link that nobody may follow."""
    with world() as made, pytest.MonkeyPatch.context() as patched:
        archive = Archive(made, patched)
        archive.files |= {LONG_LINK: LONG, BAD_LINK: "url-not-allowed"}
        archive.happen(call("c1"), sms("m1", media_urls=[LONG_LINK, BAD_LINK]), actor="first")
        yield archive


def settle(archive: Archive) -> None:
    """Let time go on until nothing waits: a process that died is missed after an hour."""
    for _ in range(20):
        archive.work_for(HOUR, step=600)
        if not archive.waiting:
            return
    pytest.fail("a message is never done")


@cache
def calls() -> list[Call]:
    """Return the archiver's calls when nothing fails."""
    with archiving() as archive:
        settle(archive)
        return [one for one in archive.world.wire.calls if one.actor == "archiver"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    with_each_fault(metafunc, calls)


def assert_archived(archive: Archive) -> None:
    """Assert that every file is whole in the bucket, known and announced."""
    recordings = {one.what + one.phase: one for one in archive.recordings()}
    assert set(recordings) == {f"recording{ARCHIVED}", f"media{ARCHIVED}", f"media{FAILED}"}
    for name, content in ((f"recording{ARCHIVED}", MP3), (f"media{ARCHIVED}", LONG)):
        one = recordings[name]
        assert one.file is not None
        assert archive.small.files.get(one.file.key).body == content
        assert one.sidecar in archive.small.files.versions
    assert all(one.is_announced for one in recordings.values())
    ids = {event["id"] for event in archive.announced()}
    assert len(ids) == 3, "a repeated announcement has the same id"
    kinds = {event["data"]["event"]["kind"] for event in archive.announced()}
    assert kinds == {ARCHIVED_KIND, FAILED_KIND}
    for event in archive.announced():
        if key := event["data"]["recording"].get("object_key"):
            assert key in archive.small.files.versions, "announced before it was kept"
    assert (archive.waiting, archive.dead) == (0, 0)
    assert surprises(archive.world) == []


def test_recordings_are_archived_whatever_fails(where: Call, fault: Fault) -> None:
    with archiving() as archive:
        archive.world.wire.plan[where] = fault
        settle(archive)
        assert where in archive.world.wire.struck
        assert_archived(archive)
        # A fault may let both attempts of a call take effect, and nobody hears of either.
        assert len(archive.announced()) <= 3 + 2, "announced again without need"


def test_without_faults_each_file_is_downloaded_and_announced_once() -> None:
    with archiving() as archive:
        settle(archive)
        assert_archived(archive)
        assert len(archive.announced()) == 3
        assert sorted(archive.asked) == sorted([LINK, LONG_LINK, BAD_LINK])
        assert {len(one) for one in archive.small.files.versions.values()} == {1}
        assert archive.small.files.uploads == {}


def test_recordings_are_archived_though_every_seventh_call_kills_the_process() -> None:
    with archiving() as archive:
        seen: list[Call] = []

        def sometimes(one: Call) -> Fault | None:
            if one.actor != "archiver" or len(seen) > 60:
                return None
            if one not in seen:
                seen.append(one)
            if len(seen) % 7:
                return None
            return died_before if len(seen) % 2 else died_after

        archive.world.wire.standing = sometimes
        settle(archive)
        assert_archived(archive)
