"""HTTP/1.1 requests and answers, as far as AWS's JSON services need them."""

from typing import NamedTuple

from aws.failures import AnswerUnreadable

_MAX_BODY_BYTES = 16_777_216


class Request(NamedTuple):
    """One attempt of one call: `attempt` is 1, and 2 for the retry; `url` ends in a slash."""

    service: str
    operation: str
    attempt: int
    url: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """An answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def parse_head(head: bytes) -> tuple[str, int, dict[str, str]]:
    """Return an answer's version, status and headers. Raises AnswerUnreadable."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = number(rest[:3])
    if version not in {"HTTP/1.1", "HTTP/1.0"} or not 100 <= status <= 599:
        raise AnswerUnreadable
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip()
        first_value = headers.setdefault(name, value)
        if not colon or (name == "content-length" and value != first_value):
            raise AnswerUnreadable
    return version, status, headers


def number(text: str, base: int = 10) -> int:
    """Return a number that an answer states. Raises AnswerUnreadable."""
    try:
        size = int(text, base) if text.isascii() and text.isalnum() else -1
    except ValueError:
        size = -1
    if not 0 <= size <= _MAX_BODY_BYTES:
        raise AnswerUnreadable
    return size
