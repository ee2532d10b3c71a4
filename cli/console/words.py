"""What each state of an event means, and what to do. Reasons of failures are in `cli.reasons`."""

from collections.abc import Mapping

from cli.reading.failures import RETRYING
from justcall.event import DISMISSED, FAILED, PROCESSED, QUARANTINED, RECEIVED, STUCK, UNHANDLED

STATES: Mapping[str, str] = {
    RECEIVED: "Stored. Its message is in the queue, or on its way there.",
    RETRYING: "The last attempt failed. SQS delivers the message again.",
    PROCESSED: "Its effects are written.",
    FAILED: "No attempt succeeded. Mend the cause, then replay the event.",
    STUCK: "The sweeper sent it eight times without a result. Replay the event.",
    UNHANDLED: "No processor handles this type. It is kept, and can be replayed once one does.",
    QUARANTINED: "Authentic, but unreadable as an event. It is kept as it came.",
    DISMISSED: "Wrong for good, an operator said. It is kept, and a replay takes that back.",
}
