"""`hooks recording`, and the archived place in `show` and `timeline`."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from recordings import links
from recordings.register import ARCHIVED, FAILED, WAITING
from tests.support.cli_docs import documented
from tests.support.kept import AT, CONTENT, KEY, URL, Kept
from tests.support.program import Deployment, Hooks

NUMBER = "+14155559876"
CALL = {"subjects": ["call:c1"], "number": NUMBER, "recording_url": URL, "at": AT}


@pytest.fixture
def kept(deployed: Deployment, local: dict[str, Any], place: Path) -> Kept:
    place.write_text(json.dumps(local | {"recordings_bucket": "recordings"}))
    deployed.rows.put(KEY, entry=CALL, received_at=AT)
    return Kept(deployed)


def test_link_works_for_a_short_time(hooks: Hooks, kept: Kept) -> None:
    kept.recording(ARCHIVED)
    ran = hooks("recording", KEY)
    assert (ran.code, ran.err) == (0, "")
    [url] = ran.out.split()
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["900"]
    assert f"call/c1/{links.digest_of(URL)}.mp3" in url
    assert "filename" in query["response-content-disposition"][0]


def test_link_of_a_call_by_its_id(hooks: Hooks, kept: Kept) -> None:
    kept.recording(ARCHIVED)
    assert "X-Amz-Expires=60" in hooks("recording", "call:c1", "--expires", "1m").out


def test_json_is_as_documented(hooks: Hooks, kept: Kept) -> None:
    kept.recording(ARCHIVED)
    [one] = hooks("recording", KEY, "--json").json
    assert list(one) == documented("hooks recording --json")
    assert (one["state"], one["bytes"], one["media_type"]) == (ARCHIVED, len(CONTENT), "audio/mpeg")


def test_file_is_saved_and_compared(hooks: Hooks, kept: Kept, tmp_path: Path) -> None:
    kept.recording(ARCHIVED)
    file = tmp_path / "call.mp3"
    assert hooks("recording", KEY, "--save", str(file)).code == 0
    assert file.read_bytes() == CONTENT
    again = hooks("recording", KEY, "--save", str(file))
    assert (again.code, "exists" in again.message) == (2, True)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("call")] == ["call.mp3"]


def test_file_that_was_changed_is_not_saved(hooks: Hooks, kept: Kept, tmp_path: Path) -> None:
    kept.recording(ARCHIVED)
    key = f"call/c1/{links.digest_of(URL)}.mp3"
    kept.s3.put_object(Bucket="recordings", Key=key, Body=b"something else")
    ran = hooks("recording", KEY, "--save", str(tmp_path / "call.mp3"))
    assert (ran.code, "not the file" in ran.message) == (2, True)
    assert not list(tmp_path.glob("call*"))


def test_folder_that_does_not_exist_is_a_mistake(hooks: Hooks, kept: Kept, tmp_path: Path) -> None:
    kept.recording(ARCHIVED)
    ran = hooks("recording", KEY, "--save", str(tmp_path / "no" / "call.mp3"))
    assert (ran.code, "No such file" in ran.message) == (2, True)


def test_several_files_are_saved_one_by_one(hooks: Hooks, kept: Kept, tmp_path: Path) -> None:
    kept.recording(ARCHIVED)
    kept.recording(ARCHIVED, url=f"{URL}2")
    file = tmp_path / "b.mp3"
    ran = hooks("recording", KEY, "--save", str(file))
    assert (ran.code, "--which" in ran.message) == (2, True)
    assert hooks("recording", KEY, "--save", str(file), "--which", "2").code == 0
    assert hooks("recording", KEY, "--save", str(file), "--which", "3").code == 1


@pytest.mark.parametrize("phase", [WAITING, FAILED])
def test_recording_that_is_not_kept_says_why(hooks: Hooks, kept: Kept, phase: str) -> None:
    kept.recording(phase)
    ran = hooks("recording", KEY)
    assert (ran.code, ran.out) == (1, "")
    assert f"{phase}, status-404" in ran.message


def test_unknown_event_and_event_without_recording_end_with_1(hooks: Hooks, kept: Kept) -> None:
    assert hooks("recording", "call.completed:no").code == 1
    assert hooks("recording", KEY).code == 1


def test_failed_ones_are_listed(hooks: Hooks, kept: Kept) -> None:
    kept.recording(FAILED)
    kept.recording(WAITING, url=f"{URL}2")
    kept.recording(ARCHIVED, url=f"{URL}3")
    rows = hooks("recording", "--failed", "--json").json
    assert [(one["state"], one["error"]) for one in rows] == [(FAILED, "status-404")]
    assert "status-404" in hooks("recording", "--failed").out


@pytest.mark.parametrize(
    "arguments",
    [(), ("--failed", KEY), (KEY, "--expires", "8d"), (KEY, "--expires", "0s"), ("--failde",)],
)
def test_mistakes_end_with_2(hooks: Hooks, kept: Kept, arguments: tuple[str, ...]) -> None:
    assert hooks("recording", *arguments).code == 2


def test_show_and_timeline_have_the_place(hooks: Hooks, kept: Kept) -> None:
    kept.recording(ARCHIVED)
    place = f"s3://recordings/call/c1/{links.digest_of(URL)}.mp3"
    assert place in hooks("show", KEY).out
    assert place in hooks("timeline", NUMBER).out
    [one] = hooks("show", KEY, "--json").json["recordings"]
    assert f"s3://{one['bucket']}/{one['object_key']}" == place
    [entry] = hooks("timeline", NUMBER, "--json").json
    assert entry["recordings"] == [one]


def test_recording_of_another_event_of_the_call_is_on_its_entry(hooks: Hooks, kept: Kept) -> None:
    """The completed call has no link; an update brought it, under another id of the call."""
    kept.deployment.rows.put(
        "call.updated:c2", contact="call:c1", received_at=AT,
        entry={"subjects": ["call:c1", "call:CA2"], "number": "call:c1", "recording_url": f"{URL}9"},
    )  # fmt: skip
    kept.recording(ARCHIVED, url=f"{URL}9", name="call:CA2")
    [entry] = hooks("timeline", NUMBER, "--json").json
    assert [one["state"] for one in entry["recordings"]] == [ARCHIVED]


def test_stack_without_recordings_reads_none(
    hooks: Hooks, kept: Kept, local: dict[str, Any], place: Path
) -> None:
    kept.recording(ARCHIVED)
    place.write_text(json.dumps(local))
    assert hooks("show", KEY, "--json").json["recordings"] == []
    [entry] = hooks("timeline", NUMBER, "--json").json
    assert "recordings" not in entry
