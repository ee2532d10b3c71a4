"""The handler's metrics and log: one line of CloudWatch's embedded metric format per request.

The line has the names, dimensions and namespace that Powertools gives the other functions' metrics
(aws.observability). Importing Powertools takes longer than all of the handler.

Source: CloudWatch, "Specification: Embedded metric format".
"""

import json
import sys
import time
from collections.abc import Mapping
from time import gmtime, strftime
from typing import Literal

from aws import settings

# The handler's metrics; besides, each outcome of handler.receive is one, such as Accepted.
ACCEPTED = "Accepted"
DUPLICATE = "Duplicate"
CONFLICT = "Conflict"
PROBE = "Probe"
REFUSED = "Refused"
# Deliveries that carry a signature, which is wrong; unsigned visitors do not count.
SIGNATURE_MISMATCH = "SignatureMismatch"
# Deliveries that were signed with the previous secret: who still does, while a rotation overlaps.
PREVIOUS_SECRET = "PreviousSecret"  # noqa: S105  (a name)
UNAVAILABLE = "Unavailable"
UNHANDLED = "Unhandled"
QUARANTINED = "Quarantined"
HANDLER_LATENCY = "HandlerLatency"

type Level = Literal["INFO", "WARNING"]


def write(
    level: Level,
    text: str,
    counts: list[str],
    seconds: float,
    *,
    by_reason: str | None = None,
    fields: Mapping[str, object],
) -> None:
    """Write the metrics of one request and its log line as one line.

    Each name in `counts` counts one; `by_reason` names the one that is also counted by the field
    `reason`. A field that is None is left out.
    """
    now, service = time.time(), settings.service_name()
    second, milliseconds = strftime("%Y-%m-%d %H:%M:%S", gmtime(now)), int(now * 1000)
    metrics = [{"Name": name, "Unit": "Count"} for name in counts]
    metrics.append({"Name": HANDLER_LATENCY, "Unit": "Milliseconds"})
    namespace = settings.namespace()
    directives = [{"Namespace": namespace, "Dimensions": [["service"]], "Metrics": metrics}]
    if by_reason:
        counted = [{"Name": by_reason, "Unit": "Count"}]
        dimensions = [["service", "reason"]]
        directives.append({"Namespace": namespace, "Dimensions": dimensions, "Metrics": counted})
    line: dict[str, object] = {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": directives},
        "level": level,
        "message": text,
        "timestamp": f"{second},{milliseconds % 1000:03d}+0000",
        "service": service,
        HANDLER_LATENCY: [round(max(seconds, 0.0) * 1000, 1)],
    }
    line |= {name: [1.0] for name in counts}
    if trace := settings.trace():
        line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
    line |= {name: value for name, value in fields.items() if value is not None}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
