"""The type of a file by its first bytes: what its server says of it proves nothing."""

from typing import NamedTuple

# A file's type is in these bytes.
HEAD_BYTES = 512


class Type(NamedTuple):
    """A media type, and the extension of its files."""

    name: str
    extension: str


UNKNOWN = Type("application/octet-stream", "")
HTML = Type("text/html", ".html")
_MP3, _AAC = Type("audio/mpeg", ".mp3"), Type("audio/aac", ".aac")
_BEGINNINGS: tuple[tuple[bytes, Type], ...] = (
    (b"ID3", _MP3),
    (b"OggS", Type("audio/ogg", ".ogg")),
    (b"fLaC", Type("audio/flac", ".flac")),
    (b"#!AMR", Type("audio/amr", ".amr")),
    (b"\x1aE\xdf\xa3", Type("video/webm", ".webm")),
    (b"\x89PNG\r\n\x1a\n", Type("image/png", ".png")),
    (b"\xff\xd8\xff", Type("image/jpeg", ".jpg")),
    (b"GIF87a", Type("image/gif", ".gif")),
    (b"GIF89a", Type("image/gif", ".gif")),
    (b"%PDF-", Type("application/pdf", ".pdf")),
    (b"BEGIN:VCARD", Type("text/vcard", ".vcf")),
)
# Files that begin with their length: the marks are at bytes 4 and 8.
_RIFF = {
    b"WAVE": Type("audio/wav", ".wav"),
    b"WEBP": Type("image/webp", ".webp"),
    b"AVI ": Type("video/x-msvideo", ".avi"),
}
_BRANDS = {
    b"M4A": Type("audio/mp4", ".m4a"),
    b"3gp": Type("video/3gpp", ".3gp"),
    b"qt ": Type("video/quicktime", ".mov"),
    b"hei": Type("image/heic", ".heic"),
}
_MP4 = Type("video/mp4", ".mp4")


def type_of(head: bytes) -> Type:
    """Return the type of the file that begins with these bytes, UNKNOWN if it is no known one."""
    for beginning, found in _BEGINNINGS:
        if head.startswith(beginning):
            return found
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:11], _MP4)
    return _by_frame(head) or (HTML if _is_html(head) else UNKNOWN)


def _by_frame(head: bytes) -> Type | None:
    """Return the type of a stream of MPEG frames: eleven bits, then version and layer."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return _AAC
    has_layer, has_version = head[1] & 0x06, head[1] & 0x18 != 0x08
    return _MP3 if has_layer and has_version else None


def _is_html(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
