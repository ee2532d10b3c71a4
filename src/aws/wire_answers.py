"""Reading AWS's JSON answers as botocore reads them."""

import json
import zlib
from base64 import b64decode
from typing import Any

from aws.failures import AnswerUnreadable
from aws.http import Answer

# What botocore's legacy mode retries.
_TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504, 509})
_TRANSIENT_CODES = frozenset(
    {
        (400, "Throttling"),
        (400, "ThrottlingException"),
        (400, "ThrottledException"),
        (400, "RequestThrottledException"),
        (400, "ProvisionedThroughputExceededException"),
        (400, "TransactionInProgressException"),
        (409, "ReplicatedWriteConflictException"),
    }
)


def document(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON. Raises AnswerUnreadable, but never for an error without any."""
    checksum = answer.headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(zlib.crc32(answer.body)):
        raise AnswerUnreadable
    try:
        content = json.loads(answer.body, object_hook=_with_bytes)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        return content
    if answer.status < 300:
        raise AnswerUnreadable
    return {}


def error(answer: Answer, members: dict[str, Any]) -> dict[str, Any]:
    """Return an error answer in botocore's shape."""
    code = str(members.pop("__type", answer.status)).partition(":")[0].rpartition("#")[2]
    messages = [members.pop(name, "") for name in ("message", "Message")]
    query_code, separator, _ = answer.headers.get("x-amzn-query-error", "").partition(";")
    if separator and query_code:
        code = query_code
    return {"Error": {"Code": code, "Message": messages[0] or messages[1]}, **members}


def is_transient(status: int, code: str) -> bool:
    """Return whether botocore would try once more."""
    return status in _TRANSIENT_STATUSES or (status, code) in _TRANSIENT_CODES


def _with_bytes(document: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute value with its bytes, anything else as it is."""
    if len(document) == 1:
        for name, value in document.items():
            if name == "B" and isinstance(value, str):
                return {"B": b64decode(value)}
            if name == "BS" and isinstance(value, list):
                return {"BS": [b64decode(one) for one in value]}
    return document
