"""The bucket of recordings: a file is uploaded while it is downloaded, part by part."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from aws.failures import AWS_FAILURES
from errors import ArchiveUnavailable, OutboundFailed
from recordings import content

# S3 takes at most 10,000 parts, and at least 5 MiB in each but the last.
PART_BYTES = 8 * 2**20
EMPTY = "empty-file"
# S3 compares it with what arrives.
_CHECKED = {"ChecksumAlgorithm": "CRC32"}
# A page that says "log in" or "expired", with the status 200.
WEB_PAGE = "web-page"


class S3(Protocol):
    """The calls that archiving makes."""

    def put_object(self, **arguments: Any) -> Mapping[str, Any]:
        """Write a whole object."""

    def create_multipart_upload(self, **arguments: Any) -> Mapping[str, Any]:
        """Begin an object of parts."""

    def upload_part(self, **arguments: Any) -> Mapping[str, Any]:
        """Write a part."""

    def complete_multipart_upload(self, **arguments: Any) -> Mapping[str, Any]:
        """Make the parts an object."""

    def abort_multipart_upload(self, **arguments: Any) -> Mapping[str, Any]:
        """Forget the parts."""


class File(NamedTuple):
    """A file in the bucket."""

    bucket: str
    key: str
    media_type: str
    size: int
    sha256: str


class Bucket:
    """One bucket. Its methods raise ArchiveUnavailable."""

    def __init__(self, client: Callable[[], S3], name: str) -> None:
        self._client = client
        self._name = name

    def upload(self, path: str, pieces: Iterator[bytes]) -> File:
        """Write a file as it arrives, at `path` and its type's extension. Raises OutboundFailed.

        Memory holds one part, however long the file is. Nothing is at its place unless all is.
        """
        upload = _Upload(self._client(), self._name, path)
        try:
            for piece in pieces:
                upload.add(piece)
            return upload.end()
        except AWS_FAILURES as error:
            upload.abort()
            raise ArchiveUnavailable from error
        except Exception:
            upload.abort()
            raise

    def describe(self, path: str, document: Mapping[str, Any]) -> str:
        """Write a file's sidecar, a JSON document beside it; return its key."""
        key = f"{path}.json"
        body = json.dumps(document, indent=2).encode()
        try:
            self._client().put_object(
                Bucket=self._name, Key=key, Body=body, ContentType="application/json"
            )
        except AWS_FAILURES as error:
            raise ArchiveUnavailable from error
        return key


class _Upload:
    """One object that is being written; a short one takes a single call."""

    def __init__(self, client: S3, bucket: str, path: str) -> None:
        self._client = client
        self._bucket = bucket
        self._path = path
        self._type = content.UNKNOWN
        self._upload_id = ""
        self._parts: list[Mapping[str, Any]] = []
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
        self._size = 0

    def add(self, piece: bytes) -> None:
        before, self._size = self._size, self._size + len(piece)
        self._hash.update(piece)
        self._buffer += piece
        if before < content.HEAD_BYTES <= self._size:
            self._recognise()
        while len(self._buffer) >= PART_BYTES:
            part = bytes(self._buffer[:PART_BYTES])
            del self._buffer[:PART_BYTES]
            self._send(part)

    def end(self) -> File:
        if not self._size:
            raise OutboundFailed(EMPTY)
        if self._size < content.HEAD_BYTES:
            self._recognise()
        if not self._upload_id:
            self._client.put_object(**self._place(), **self._headers(), Body=bytes(self._buffer))
        else:
            if self._buffer:
                self._send(bytes(self._buffer))
            self._client.complete_multipart_upload(
                **self._place(),
                UploadId=self._upload_id,
                MultipartUpload={"Parts": self._parts},
            )
        return File(
            self._bucket,
            self._place()["Key"],
            self._type.name,
            self._size,
            self._hash.hexdigest(),
        )

    def abort(self) -> None:
        """Forget the parts; the bucket's lifecycle does so if this fails."""
        if self._upload_id:
            with suppress(*AWS_FAILURES):
                self._client.abort_multipart_upload(**self._place(), UploadId=self._upload_id)

    def _recognise(self) -> None:
        self._type = content.type_of(bytes(self._buffer[: content.HEAD_BYTES]))
        if self._type is content.HTML:
            raise OutboundFailed(WEB_PAGE)

    def _send(self, part: bytes) -> None:
        if not self._upload_id:
            begun = self._client.create_multipart_upload(**self._place(), **self._headers())
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        answer = self._client.upload_part(
            **self._place(), UploadId=self._upload_id, PartNumber=number, Body=part, **_CHECKED
        )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number, **_checksum(answer)})

    def _place(self) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._path}{self._type.extension}"}

    def _headers(self) -> dict[str, str]:
        return {"ContentType": self._type.name, **_CHECKED}


def _checksum(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksum that S3 gave a part."""
    return {"ChecksumCRC32": answer["ChecksumCRC32"]} if "ChecksumCRC32" in answer else {}
