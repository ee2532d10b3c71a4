"""The links of a published event, and the names under which what they lead to is kept."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from justcall import timeline

RECORDING, VOICEMAIL, MEDIA = "recording", "voicemail", "media"
# Fields of a timeline entry that hold links.
FIELDS = ("recording_url", "call_recording_url", "media")
# A forged url-signed event could hold thousands.
MAX_LINKS = 100
# Parameters that a link gets anew whenever it is signed: S3, CloudFront, Google Cloud Storage.
_SIGNATURE = re.compile(
    r"x-(amz|goog)-.*|signature|expires|policy|key-pair-id|awsaccesskeyid|googleaccessid",
    re.IGNORECASE,
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._=-]")
_DIGITS = 32


class Link(NamedTuple):
    """One link of an event. `name` is of the call or message, `digest` of the link."""

    what: str
    url: str
    name: str
    digest: str

    @property
    def path(self) -> str:
        """The object's key in the bucket without its extension: `call/CA12/DIGEST`."""
        thing, _, one_id = self.name.partition(":")
        return "/".join(_NOT_PLAIN.sub("-", one) for one in (thing, one_id, self.digest))


def links_of(document: Mapping[str, Any]) -> list[Link]:
    """Return the links of a CloudEvent's own event, each once."""
    event = document["data"]["event"]
    is_voicemail = event.get("kind") == "voicemail.received"
    found = [
        (VOICEMAIL if is_voicemail else RECORDING, event.get("recording_url")),
        (RECORDING, event.get("call_recording_url")),
        *((MEDIA, url) for url in event.get("media") or ()),
    ]
    name = names_of(event)[0]
    links = [Link(what, url, name, digest_of(url)) for what, url in found if isinstance(url, str)]
    return list({one.digest: one for one in links if one.url}.values())


def left_out(document: Mapping[str, Any]) -> list[Link]:
    """Return a stand-in for each field of links that was too long to publish."""
    event = document["data"]["event"]
    fields = [one for one in event.get("left_out", ()) if one in FIELDS]
    return [Link(RECORDING, "", names_of(event)[0], _hash(one)) for one in fields]


def names_of(event: Mapping[str, Any]) -> list[str]:
    """Return the names under which an event's recordings may be kept; the first is its own.

    Events that name a call by the same ids agree on it, in whatever order they name them.
    """
    return sorted(timeline.names_of(event))


def digest_of(url: str) -> str:
    """Return a hash of a link that stays the same when the link is signed anew."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:  # nobody will follow it; its failure needs a name too
        return _hash(url)
    own = urlencode([one for one in query if not _SIGNATURE.fullmatch(one[0])])
    return _hash(f"{parts.scheme}://{parts.netloc}{parts.path}?{own}")


def host_of(url: str) -> str:
    """Return the host of a link, for people; empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_DIGITS]
