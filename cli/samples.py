"""The bodies that `hooks send` posts, made from the samples in events/."""

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.errors import UsageError
from justcall.catalogue import module_name

EVENTS = Path(__file__).resolve().parent.parent / "events" / "http"
_ID_FIELDS = ("call_sid", "call_id", "message_id", "voicemail_id", "contact_id", "id")


def sample(kind: str) -> bytes:
    """Return the sample's body as it is."""
    event = json.loads((EVENTS / f"{module_name(kind)}.json").read_text())
    body: str = event["body"]
    return body.encode()


def is_url_signed(event_type: str) -> bool:
    """Tell whether there is a sample of this type in the url-signed dialect."""
    return (EVENTS / f"url_{module_name(event_type)}.json").is_file()


def fresh(kind: str, settings: list[str]) -> bytes:
    """Return the sample with an id and a time of its own, and `path=value` settings applied."""
    document = json.loads(sample(kind))
    field = next(name for name in _ID_FIELDS if name in document["data"])
    document["data"][field] = f"{document['data'][field]}-{secrets.token_hex(4)}"
    if "event" in document:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        document["timestamp"] = now.replace("+00:00", "Z")
    for setting in settings:
        _apply(document, setting)
    return json.dumps(document, indent=2).encode()


def _apply(document: dict[str, Any], setting: str) -> None:
    path, equals, text = setting.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {setting}: write data.field=value.")
    *parents, name = path.split(".")
    target = document
    for parent in parents:
        target = target.setdefault(parent, {})
        if not isinstance(target, dict):
            raise UsageError(f"--set {setting}: {parent} is not an object.")
    try:
        target[name] = json.loads(text)
    except (ValueError, RecursionError):
        target[name] = text
