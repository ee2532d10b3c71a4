"""S3 in memory, for the small AWS: the calls that archiving makes, on one bucket."""

import zlib
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

from botocore.awsrequest import AWSResponse

_NAMESPACE = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}


class Object(NamedTuple):
    """One version of an object."""

    body: bytes
    media_type: str


class _Upload(NamedTuple):
    key: str
    media_type: str
    parts: dict[int, bytes]


class SmallS3:
    """The objects of a bucket by key, each with all of its versions, and unfinished uploads."""

    def __init__(self) -> None:
        self.versions: dict[str, list[Object]] = {}
        self.uploads: dict[str, _Upload] = {}
        self.largest = 0  # the longest body of a request
        self._number = 0

    def get(self, key: str) -> Object:
        """Return the newest version of an object."""
        return self.versions[key][-1]

    def answer(self, request: Any) -> AWSResponse:
        """Answer one request of the wire."""
        parts = urlsplit(request.url)
        query = {name: one[0] for name, one in parse_qs(parts.query, True).items()}
        key = unquote(parts.path.lstrip("/"))
        body = body_of(request.body)
        self.largest = max(self.largest, len(body))
        headers = {str(name).lower(): one for name, one in dict(request.headers).items()}
        media_type = _text(headers.get("content-type", ""))
        if request.method == "POST" and "uploads" in query:
            self._number += 1
            upload_id = f"upload-{self._number}"
            self.uploads[upload_id] = _Upload(key, media_type, {})
            return _xml(
                request.url,
                f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId>"
                "</InitiateMultipartUploadResult>",
            )
        if "uploadId" in query:
            return self._of_upload(request, query, body)
        assert request.method == "PUT", request.method
        self._put(key, Object(body, media_type))
        return _plain(request.url, {"etag": '"1"'})

    def _of_upload(self, request: Any, query: dict[str, str], body: bytes) -> AWSResponse:
        upload_id = query["uploadId"]
        if upload_id not in self.uploads:
            return _xml(request.url, "<Error><Code>NoSuchUpload</Code></Error>", 404)
        upload = self.uploads[upload_id]
        if request.method == "DELETE":
            del self.uploads[upload_id]
            return _plain(request.url, {}, 204)
        if request.method == "PUT":
            number = int(query["partNumber"])
            assert 1 <= number <= 10_000
            upload.parts[number] = body
            return _plain(request.url, {"etag": f'"{zlib.crc32(body):08x}"'})
        listed = ET.fromstring(body).findall("s3:Part", _NAMESPACE)  # noqa: S314  # botocore wrote it
        numbers = [int(one.findtext("s3:PartNumber", "", _NAMESPACE)) for one in listed]
        tags = [one.findtext("s3:ETag", "", _NAMESPACE) for one in listed]
        chosen = [upload.parts[one] for one in numbers]
        assert tags == [f'"{zlib.crc32(one):08x}"' for one in chosen]
        assert all(len(one) >= 5 * 2**20 for one in chosen[:-1]), "EntityTooSmall"
        self._put(upload.key, Object(b"".join(chosen), upload.media_type))
        del self.uploads[upload_id]
        return _xml(
            request.url,
            "<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>",
        )

    def _put(self, key: str, one: Object) -> None:
        self.versions.setdefault(key, []).append(one)


def body_of(body: Any) -> bytes:
    """Return a request's body, without the frame that botocore streams its checksum in."""
    raw = getattr(body, "_raw", body)
    if raw is None:
        return b""
    if hasattr(raw, "read"):
        raw.seek(0)
        content: bytes = raw.read()
        raw.seek(0)  # botocore reads it too
        return content
    return raw.encode() if isinstance(raw, str) else bytes(raw)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _plain(url: str, headers: dict[str, str], status: int = 200) -> AWSResponse:
    return _respond(url, status, headers, b"")


def _xml(url: str, text: str, status: int = 200) -> AWSResponse:
    return _respond(url, status, {"content-type": "application/xml"}, text.encode())


def _respond(url: str, status: int, headers: dict[str, str], content: bytes) -> AWSResponse:
    given: Any = {"x-amz-request-id": "small-s3", **headers}
    response: Any = AWSResponse(url, status, given, BytesIO(content))
    response._content = content
    made: AWSResponse = response
    return made
