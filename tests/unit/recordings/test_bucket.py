"""Uploading: memory, hashes, and what is left of a file that fails."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from errors import ArchiveUnavailable, OutboundFailed
from recordings.bucket import PART_BYTES, Bucket
from tests.support.fakes import StubClient, aws_error

PIECE = bytes(2**16)


def client(**answers: Any) -> StubClient:
    made = {"create_multipart_upload": {"UploadId": "u"}, "upload_part": {"ETag": "e"}, **answers}
    return StubClient(**made)


def pieces(count: int) -> Iterator[bytes]:
    return (PIECE for _ in range(count))


def upload(s3: StubClient, content: Iterator[bytes]) -> Any:
    return Bucket(lambda: s3, "b").upload("call/c1/d", content)


def test_memory_is_flat() -> None:
    """Ten parts need no more than two: a part, its copy, and what arrives meanwhile."""

    def peak(parts: int) -> int:
        # The stub keeps no call: it would keep the parts.
        s3 = client()
        s3.calls = type("Nothing", (list,), {"append": lambda *_: None})()
        tracemalloc.start()
        try:
            upload(s3, pieces(parts * PART_BYTES // len(PIECE)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    ten = peak(10)
    assert ten < peak(2) + PART_BYTES / 4
    assert ten < 4 * PART_BYTES


def test_hash_and_size_are_of_the_whole_file() -> None:
    s3 = client()
    file = upload(s3, iter([b"ID3", *pieces(300), b"end"]))
    content = b"ID3" + PIECE * 300 + b"end"
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    sent = [one["Body"] for name, one in s3.calls if name == "upload_part"]
    assert b"".join(sent) == content
    assert {len(one) for one in sent[:-1]} == {PART_BYTES}
    assert file.key == "call/c1/d.mp3"
    assert {one["Key"] for _, one in s3.calls} == {file.key}


@pytest.mark.parametrize("size", [1, 511, 512, 513, 70_000])
def test_short_file_takes_one_call(size: int) -> None:
    s3 = client()
    content = (b"\x89PNG\r\n\x1a\n" + bytes(size))[:size]
    file = upload(s3, iter([content[:1], content[1:]]))
    [(name, arguments)] = s3.calls
    assert (name, arguments["Body"], file.size) == ("put_object", content, size)
    assert arguments["ContentType"] == ("image/png" if size > 8 else "application/octet-stream")


def test_file_of_exactly_one_part_is_complete() -> None:
    s3 = client()
    upload(s3, pieces(PART_BYTES // len(PIECE)))
    assert s3.operations == ["create_multipart_upload", "upload_part", "complete_multipart_upload"]


@pytest.mark.parametrize("call", ["upload_part", "complete_multipart_upload"])
def test_upload_that_fails_is_aborted(call: str) -> None:
    s3 = client(**{call: aws_error("SlowDown")})
    with pytest.raises(ArchiveUnavailable):
        upload(s3, pieces(200))
    assert s3.operations[-1] == "abort_multipart_upload"


def test_upload_that_cannot_be_aborted_fails_for_its_own_reason() -> None:
    def broken() -> Iterator[bytes]:
        yield from pieces(200)
        raise OutboundFailed("connection-lost")

    s3 = client(abort_multipart_upload=aws_error("SlowDown"))
    with pytest.raises(OutboundFailed, match="connection-lost"):
        upload(s3, broken())


def test_parts_are_listed_with_their_checksums() -> None:
    s3 = client(upload_part={"ETag": "e", "ChecksumCRC32": "c"})
    upload(s3, pieces(200))
    _, arguments = s3.calls[-1]
    assert arguments["MultipartUpload"]["Parts"] == [
        {"ETag": "e", "PartNumber": 1, "ChecksumCRC32": "c"},
        {"ETag": "e", "PartNumber": 2, "ChecksumCRC32": "c"},
    ]
