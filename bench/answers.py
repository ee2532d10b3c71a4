"""AWS answered in this process: botocore does all its work but the socket's."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore.httpsession
from botocore.awsrequest import AWSResponse

SECRET = "justcall-hooks-sample-secret"
calls: Counter[str] = Counter()


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._content


def _answer(target: str, body: str) -> tuple[int, dict[str, str]]:
    if target.endswith("GetSecretValue"):
        # As after a deployment: there is no previous secret until the first rotation.
        if "AWSPREVIOUS" in body:
            return 400, {"__type": "ResourceNotFoundException"}
        return 200, {"SecretString": SECRET}
    if target.endswith("SendMessage"):
        return 200, {"MessageId": "0", "MD5OfMessageBody": "0"}
    return 200, {}


def _send(_: Any, request: Any) -> AWSResponse:
    target = request.headers["X-Amz-Target"]
    target = target.decode() if isinstance(target, bytes) else target
    calls[target.rsplit(".", 1)[1]] += 1
    status, answer = _answer(target, str(request.body))
    content = json.dumps(answer).encode()
    headers: Any = {"x-amzn-requestid": "0", "content-type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Raw(content))


def install() -> None:
    """From here on no client of this process opens a socket. The same for all contestants."""
    session: Any = botocore.httpsession.URLLib3Session
    session.send = _send
