"""Writes events/: whole Lambda inputs, one case a file.

    PYTHONPATH=src python -m tests.support.make_events

The same bytes at every run. A unit test compares the files with what this would write.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from handler.receive import MAX_BODY_BYTES
from justcall.catalogue import KINDS, module_name
from tests.support import samples, url_samples
from tests.support.deliveries import request, signed
from tests.support.expected import POISON
from tests.support.records import batch, message_of, record, record_of

EVENTS = Path(__file__).parents[2] / "events"

_PROBE = {"type": "call.completed", "webhook_url": "https://example.com/webhooks/justcall"}
# Text that is longer in bytes than in characters, in a media type that API Gateway encodes.
_BASE64 = samples.changed(
    samples.SMS_RECEIVED, message_id="msg_b64e0001", body="¿Puedo cambiar la cita? 👍"
)


def http_events() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the requests of events/http by file name, without its ending."""
    call = samples.body(samples.CALL_COMPLETED)
    for kind in KINDS:
        yield module_name(kind), request(samples.body(samples.BY_KIND[kind]), name=kind)
    short = samples.body(samples.CALL_COMPLETED_SHORT)
    yield "call_completed_short", request(short, name="call_completed_short")
    yield "duplicate", request(call, name="duplicate")
    encoded = json.dumps(_BASE64, ensure_ascii=False).encode()
    octets = "application/octet-stream"
    yield (
        "base64_body",
        request(encoded, base64_encoded=True, content_type=octets, name="base64_body"),
    )
    yield "unknown_type", request(samples.body(samples.UNKNOWN_TYPE), name="unknown_type")
    yield "malformed", request(call[: len(call) // 2], name="malformed")
    for event_type, document in samples.FURTHER.items():
        yield module_name(event_type), request(samples.body(document), name=event_type)
    for event_type in url_samples.DATA:
        content = samples.body(url_samples.document(event_type))
        name = f"url_{module_name(event_type)}"
        yield name, request(content, url_samples.signed(event_type), name=name)
    yield "probe", request(samples.body(_PROBE), {}, name="probe")
    yield "get", request(None, method="GET", name="get")
    yield "head", request(None, method="HEAD", name="head")
    yield "unsigned", request(call, {}, name="unsigned")
    yield "forged", request(call, signed(call, secret="a guess"), name="forged")
    yield "oversized", request(b" " * (MAX_BODY_BYTES + 1), name="oversized")


def sqs_events() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the batches of events/sqs by file name, without its ending."""
    records = {kind: record_of(message_of(samples.body(samples.BY_KIND[kind]))) for kind in KINDS}
    for kind in KINDS:
        yield module_name(kind), batch(records[kind])
    poison = record(POISON, "call.completed")
    yield "batch_with_poison", batch(poison, records["call.completed"])


def files() -> dict[Path, str]:
    """Return the content of every generated file by its path."""
    written = {"http": http_events(), "sqs": sqs_events()}
    return {
        EVENTS / folder / f"{name}.json": json.dumps(event, indent=2) + "\n"
        for folder, events in written.items()
        for name, event in events
    }


def main() -> None:
    """Write every file."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
