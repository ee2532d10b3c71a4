"""What each file in events/ leads to, once for all: unit tests, `sam local invoke`, README."""

from collections.abc import Mapping
from typing import NamedTuple

from justcall.catalogue import KINDS, module_name
from tests.support import samples, url_samples
from tests.support.records import message_of, record
from tests.support.samples import BY_KIND, body


class Answer(NamedTuple):
    """The handler's answer: its status, its word, and its word once the event is kept already."""

    status: int
    word: str
    again: str


class Handled(NamedTuple):
    """A processor's answer: the function's kind and the ids of the messages that failed."""

    kind: str
    failures: tuple[str, ...] = ()


_ACCEPTED = Answer(200, "accepted", again="duplicate")
_UNAUTHORIZED = Answer(401, "unauthorized", again="unauthorized")
_READY = Answer(200, "ready", again="ready")

# By the file's name in events/http.
HTTP: Mapping[str, Answer] = {
    **{module_name(kind): _ACCEPTED for kind in KINDS},
    # The same call in other words: an event of its own.
    "call_completed_short": Answer(200, "accepted", again="duplicate"),
    "duplicate": _ACCEPTED,
    "base64_body": _ACCEPTED,
    **{module_name(event_type): _ACCEPTED for event_type in samples.FURTHER},
    # Their time is that of the samples: a deployment that takes any time accepts them.
    **{f"url_{module_name(event_type)}": _ACCEPTED for event_type in url_samples.DATA},
    "unknown_type": Answer(200, "unhandled", again="duplicate"),
    "malformed": Answer(200, "quarantined", again="duplicate"),
    "probe": Answer(200, "probe", again="probe"),
    "get": _READY,
    "head": _READY,
    "unsigned": _UNAUTHORIZED,
    "forged": _UNAUTHORIZED,
    "oversized": Answer(413, "body too large", again="body too large"),
}

# After which other file a file's first answer is another one.
AFTER: Mapping[tuple[str, str], str] = {
    ("call_completed", "duplicate"): "duplicate",
    ("call_completed", "call_completed_short"): "accepted",
}

POISON = "this is none of the messages that the handler sends"

# By the file's name in events/sqs.
SQS: Mapping[str, Handled] = {
    **{module_name(kind): Handled(kind) for kind in KINDS},
    "batch_with_poison": Handled(
        "call.completed", failures=(record(POISON, "call.completed")["messageId"],)
    ),
}

# The keys under which the kinds' samples are kept.
KEYS: Mapping[str, str] = {kind: message_of(body(BY_KIND[kind])).key for kind in KINDS}
