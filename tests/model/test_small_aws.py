"""The small AWS answers the calls of our code as moto does."""

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from tests.crash.stories import STORIES
from tests.support.faults import Moto, Small, world

# What is an id or a name of one cloud's own, or says nothing of what the call found.
_OWN = {"MessageId", "ReceiptHandle", "ResponseMetadata", "ARN", "Name", "VersionId", "CreatedDate"}
_OWN |= {
    "VersionStages",
    "ConsumedCapacity",
    "message",
    "Message",
    "ScannedCount",
    "UnprocessedKeys",
}
_OWN |= {"MD5OfMessageAttributes", "MD5OfMessageSystemAttributes", "SequenceNumber", "Failed"}


class Both:
    """Moto, whose every answer to our code the small AWS has to give too."""

    def __init__(self, moto: Moto, small: Small) -> None:
        self._moto = moto
        self._small = small
        self.compared = 0
        self.different: list[Any] = []
        self._handles: dict[str, str] = {}

    def answer(self, request: AWSPreparedRequest) -> AWSResponse:
        body: Any = request.body
        told = self._moto.answer(request)
        if ".Scan" in str(HeadersDict(request.headers)["X-Amz-Target"]):  # the tests' own look
            return told
        request.body = self._translated(body)
        try:
            ours = self._small.answer(request)
        finally:
            request.body = body
        ours_read, told_read = json.loads(ours.content), json.loads(told.content or b"{}")
        self._learn(told_read, ours_read)
        self.compared += 1
        shown = [
            (ours.status_code // 100, _shown(ours_read)),
            (told.status_code // 100, _shown(told_read)),
        ]
        if shown[0] != shown[1]:
            # Noted, not raised: here it would be taken for an answer that was lost.
            self.different.append((body, *shown))
        return told

    def _translated(self, body: bytes) -> bytes:
        text = body.decode()
        for theirs, ours in self._handles.items():
            text = text.replace(theirs, ours)
        return text.encode()

    def _learn(self, told: Any, ours: Any) -> None:
        for one, other in zip(told.get("Messages", []), ours.get("Messages", []), strict=True):
            self._handles[one["ReceiptHandle"]] = other["ReceiptHandle"]


def _shown(document: Any) -> Any:
    """Return an answer without what is a cloud's own, and without what is empty."""
    if isinstance(document, list):
        return [_shown(one) for one in document]
    if not isinstance(document, dict):
        return document
    shown = {name: _shown(value) for name, value in document.items() if name not in _OWN}
    if "__type" in shown:
        shown["__type"] = shown["__type"].rsplit("#", 1)[-1]
    if "Code" in shown and shown["Code"] in ("None", None):
        return {"Code": "None"}
    if "Attributes" in shown:
        wanted = [one for one in shown["Attributes"] if one.startswith("Approximate")]
        shown["Attributes"] = {
            one: shown["Attributes"][one] for one in wanted if not one.endswith("Timestamp")
        }
    return {name: value for name, value in shown.items() if value not in (None, [], {}, "")}


@pytest.mark.parametrize("name", STORIES)
def test_every_story(name: str) -> None:
    """Every answer to the code, in every story that the crash tests tell."""
    with world(on_moto=True) as made:
        moto = made.backend
        assert isinstance(moto, Moto)
        both = Both(moto, Small(made.clock.time))
        made.wire.answers = both.answer
        STORIES[name].tell(made, made.deliver_until_taken)
        assert both.different == []
        assert both.compared >= len(made.wire.calls)
