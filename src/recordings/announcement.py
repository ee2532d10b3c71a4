"""`recording.archived` and `recording.failed`: CloudEvents about a recording, for the bus."""

from collections.abc import Mapping
from typing import Any

from published.cloud_event import Published, enveloped
from recordings.bucket import File
from recordings.links import Link
from recordings.register import ARCHIVED, Recording

ARCHIVED_KIND, FAILED_KIND = "recording.archived", "recording.failed"
# The fields of the recording's event by which consumers and destinations choose events.
_SHARED = (
    "key", "type", "dialect", "at", "received_at", "subjects", "direction", "number",
    "justcall_number", "justcall_line_name", "agent_id", "agent_name", "agent_email",
)  # fmt: skip


def build(document: Mapping[str, Any], link: Link, one: Recording) -> Published:
    """Return the CloudEvent that says what became of a link of `document`."""
    event = document["data"]["event"]
    kind = ARCHIVED_KIND if one.phase == ARCHIVED else FAILED_KIND
    one_id = f"{kind}:{link.name}/{link.digest}"
    shared = {name: event[name] for name in _SHARED if name in event}
    data = {
        "event": {**shared, "kind": kind},
        "recording": {
            "what": one.what,
            **(_place(one.file, one.sidecar) if one.file else _failure(one)),
        },
    }
    return enveloped(one_id, document["source"], one.at, document.get("subject"), data)


def sidecar(document: Mapping[str, Any], one: Recording, file: File) -> dict[str, Any]:
    """Return the document beside a file: where it came from, and nothing about the people."""
    event = document["data"]["event"]
    return {
        "event_key": event["key"],
        "event_type": event["type"],
        "subjects": list(event.get("subjects", ())),
        "event_at": event["at"],
        "source": document["source"],
        "what": one.what,
        "host": one.host,
        "archived_at": one.at,
        **_fields(file),
    }


def _place(file: File, sidecar_key: str) -> dict[str, Any]:
    return {**_fields(file), "sidecar_key": sidecar_key}


def _fields(file: File) -> dict[str, Any]:
    return {
        "bucket": file.bucket,
        "object_key": file.key,
        "media_type": file.media_type,
        "bytes": file.size,
        "sha256": file.sha256,
    }


def _failure(one: Recording) -> dict[str, Any]:
    return {"reason": one.error, "attempts": one.attempts, "host": one.host}
