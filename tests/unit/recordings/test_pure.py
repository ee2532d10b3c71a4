"""Types by content, links and their names, hosts, and waits."""

import pytest

from recordings import backoff, content, links
from recordings.download import Hosts

URL = "https://recordings.justcall.io/a.mp3"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"ID3\x03", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf3\x40\xc4", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\xff\xe0\x00", "application/octet-stream"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\x08\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\x08\x00\x00????", "application/octet-stream"),
        (b"OggS\x00", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"#!AMR\n", "audio/amr"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftyp3gp4", "video/3gpp"),
        (b"\x00\x00\x00\x20ftypheic", "image/heic"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-1.7", "application/pdf"),
        (b"BEGIN:VCARD\r\n", "text/vcard"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE HTML>", "text/html"),
        (b"<html lang=en>", "text/html"),
        (b"hello", "application/octet-stream"),
        (b"\xff", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_type_is_that_of_the_content(head: bytes, name: str) -> None:
    assert content.type_of(head).name == name


def event(**fields: object) -> dict[str, object]:
    own = {"key": "call.completed:c1", "kind": "call.completed", "subjects": ["call:c1"], **fields}
    return {"data": {"event": own}}


def test_links_are_found_once() -> None:
    document = event(recording_url=URL, call_recording_url=URL, media=[URL, f"{URL}2", 7, ""])
    assert [(one.what, one.url) for one in links.links_of(document)] == [
        ("media", URL),
        ("media", f"{URL}2"),
    ]


def test_voicemail_and_its_call_have_a_link_each() -> None:
    document = event(kind="voicemail.received", recording_url=URL, call_recording_url=f"{URL}2")
    assert [one.what for one in links.links_of(document)] == ["voicemail", "recording"]


def test_events_that_name_a_call_in_another_order_agree_on_its_name() -> None:
    first, second = event(subjects=["call:b", "call:a"]), event(subjects=["call:a", "call:b"])
    assert links.names_of(first["data"]["event"]) == links.names_of(second["data"]["event"])  # type: ignore[index]


@pytest.mark.parametrize("query", ["X-Amz-Signature=1", "Expires=1&Signature=a&Key-Pair-Id=k"])
def test_new_signature_is_the_same_link(query: str) -> None:
    assert links.digest_of(f"{URL}?{query}") == links.digest_of(URL)


@pytest.mark.parametrize("other", ["?id=1", "?id=2", "x", "?token=1"])
def test_another_file_is_another_link(other: str) -> None:
    assert links.digest_of(f"{URL}{other}") != links.digest_of(URL)
    assert links.digest_of(f"{URL}{other}") != links.digest_of(f"{URL}?id=3")


@pytest.mark.parametrize("url", ["http://[", "\ud800", "//", "https://a/?%zz"])
def test_any_text_has_a_name(url: str) -> None:
    assert len(links.digest_of(url)) == 32
    assert isinstance(links.host_of(url), str)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("call:CA12", "call/CA12/d"),
        ("call:sd/12", "call/sd-12/d"),
        ("call:../../x", "call/..-..-x/d"),
        ("sms.sent:sha256-ab", "sms.sent/sha256-ab/d"),
        ("call:+1 é\n", "call/-1---/d"),
    ],
)
def test_path_is_plain(name: str, path: str) -> None:
    assert links.Link("recording", URL, name, "d").path == path


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("justcall.io", True),
        ("recordings.justcall.io", True),
        ("a.b.justcall.io", True),
        ("justcall.io.evil.example", False),
        ("eviljustcall.io", False),
        (".justcall.io", True),  # no name that resolves
        ("justcall.io.", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_hosts_are_whole_names(host: str, is_allowed: bool) -> None:
    assert Hosts.of("JustCall.io, *.justcall.io").allow(host) is is_allowed


def test_no_hosts_allow_none() -> None:
    assert not Hosts.of("").allow("justcall.io")


def test_waits_fit_the_queue() -> None:
    """SQS hides a message for at most twelve hours."""
    assert max(backoff.DELAYS) < 43_200
    assert backoff.delay(1, 0.0, 0.0) == 30
    assert backoff.delay(99, 0.0, 0.0) == 3_600
    end = backoff.LINK_SECONDS - backoff.RESERVE_SECONDS
    assert backoff.delay(9, 0.0, end - 100) == 100
    assert backoff.delay(9, 0.0, end - 1) == 30
    assert backoff.delay(1, 0.0, end) is None
