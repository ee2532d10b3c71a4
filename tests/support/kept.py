"""A stack that keeps recordings, and what it kept or failed to keep."""

import hashlib
from typing import Any

from recordings import links
from recordings.bucket import File
from recordings.links import Link
from recordings.register import ARCHIVED, Recording, Register
from tests.support.ledger_rows import TABLE
from tests.support.program import Deployment, client

KEY = "call.completed:c1"
URL = "https://recordings.justcall.io/a.mp3"
AT = "2026-03-12T14:40:00.000Z"
CONTENT = b"ID3" + bytes(3_000_000)


class Kept:
    """The recordings of a deployment, whose bucket is made here."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="recordings")

    def recording(
        self,
        phase: str,
        url: str = URL,
        name: str = "call:c1",
        media_type: str = "audio/mpeg",
        **more: Any,
    ) -> None:
        """Note a recording of a call; with its file, if it was archived."""
        link = Link("recording", url, name, links.digest_of(url))
        own: dict[str, Any] = {"phase": phase, "event_key": KEY, "what": "recording", "at": AT}
        if phase == ARCHIVED:
            key = f"{link.path}.mp3"
            self.s3.put_object(Bucket="recordings", Key=key, Body=CONTENT)
            digest = hashlib.sha256(CONTENT).hexdigest()
            file = File("recordings", key, media_type, len(CONTENT), digest)
            own |= {"file": file, "sidecar": f"{link.path}.json", "is_announced": True}
        else:
            own |= {"error": "status-404", "attempts": 3, "host": "recordings.justcall.io"}
        one = Recording(**own | more)
        Register(lambda: self.deployment.rows.dynamodb, TABLE, 400).keep(link, one, 1.8e9)
